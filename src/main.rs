//! The `synth` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for path in std::env::args().skip(1) {
        match std::fs::read_to_string(&path).map(|text| synth::lang::syntax::format(&text)) {
            Ok(Ok(text)) => print!("{text}"),
            _ => code = ExitCode::FAILURE,
        }
    }
    code
}
