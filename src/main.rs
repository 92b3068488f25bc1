//! The `arclet` program: hands its arguments to the library.

/// Keeps the large buffers that a training step frees for the next step, where the system's
/// allocator gives their pages back and asks for them again: a sixth of ResNet-18's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    arclet::cli::main()
}
