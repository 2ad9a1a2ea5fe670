//! The `synth` command: everything is in the library.

use std::process::ExitCode;

/// Checking and planning make many small values on several threads, which the allocator of the C library answers with
/// a system call each.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Recipes may nest 64 brackets and chain 64 names; the evaluator walks both by recursion.
const STACK_BYTES: usize = 64 << 20;

fn main() -> ExitCode {
    let program = std::thread::Builder::new()
        .name("synth".into())
        .stack_size(STACK_BYTES)
        .spawn(|| synth::app::cli::main(std::env::args_os()));
    match program.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => ExitCode::from(code),
        // The panic hook has told the story.
        Ok(Err(_)) => ExitCode::from(101),
        Err(error) => {
            eprintln!("synth could not start a thread: {error}");
            ExitCode::from(101)
        }
    }
}
