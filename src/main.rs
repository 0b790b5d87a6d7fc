//! The program. `cli/` holds its commands.

/// Serves the many small allocations of an answer from each thread's own cache, where the system's
/// allocator takes locks. How much it keeps is set in `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    infima_halo::cli::main()
}
