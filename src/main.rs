//! The program. `cli/` holds its commands.

/// The allocator of the whole program: an answer is thousands of small values that are freed
/// together.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    infima_halo::cli::main()
}
