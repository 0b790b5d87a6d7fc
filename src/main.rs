//! The program. `cli/` holds its commands.

fn main() -> std::process::ExitCode {
    infima_halo::cli::main()
}
