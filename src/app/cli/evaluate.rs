//! `synth eval-potential` and `synth potential info`: files of potentials without a recipe.

use std::path::Path;

use crate::app::table;
use crate::kinds::{describe_potential, evaluate_files};
use crate::lang::sema::Table;

const FAULT: u8 = 1;

/// Writes what a potential says of structures, and prints a table of them.
pub(super) fn evaluate(
    potential: &Path,
    structures: &Path,
    out: Option<&Path>,
    active_set: Option<&Path>,
) -> u8 {
    let evaluated = || {
        let (bytes, set) = files(potential, active_set)?;
        let configurations = read(structures)?;
        let name = structures.to_string_lossy();
        let made = evaluate_files(&bytes, set.as_deref(), (&name, &configurations))?;
        if let Some(out) = out {
            let help = "name a file in a folder that is there and may be written";
            std::fs::write(out, &made.0)
                .map_err(|error| (format!("{}: {error}", out.display()), help.to_owned()))?;
        }
        Ok(made)
    };
    finish(evaluated().map(|(_, tables, warnings)| {
        for warning in warnings {
            eprintln!("warning: {warning}");
        }
        for table in &tables {
            show(table);
        }
        if let Some(out) = out {
            println!("{}", out.display());
        }
    }))
}

/// Prints what is in the file of a potential.
pub(super) fn info(potential: &Path, active_set: Option<&Path>) -> u8 {
    let described = || {
        let (bytes, set) = files(potential, active_set)?;
        describe_potential(&bytes, set.as_deref())
    };
    finish(described().map(|(text, functions)| {
        print!("{text}");
        show(&functions);
    }))
}

fn show(table: &Table) {
    print!("\n{}", table::shown(table));
}

type Fault = (String, String);

fn files(potential: &Path, active_set: Option<&Path>) -> Result<(Vec<u8>, Option<Vec<u8>>), Fault> {
    Ok((read(potential)?, active_set.map(read).transpose()?))
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    let help = "give the name of a file that is there and may be read";
    std::fs::read(path).map_err(|error| (format!("{}: {error}", path.display()), help.to_owned()))
}

fn finish(done: Result<(), Fault>) -> u8 {
    match done {
        Ok(()) => 0,
        Err((problem, help)) => {
            eprintln!("{problem}");
            if !help.is_empty() {
                eprintln!("  help: {help}");
            }
            FAULT
        }
    }
}
