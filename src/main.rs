//! The `arclet` program: hands its arguments to the library.

fn main() -> std::process::ExitCode {
    arclet::cli::main()
}
