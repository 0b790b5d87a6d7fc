//! The door is in `cli/`.

fn main() -> std::process::ExitCode {
    infima_halo::cli::main()
}
