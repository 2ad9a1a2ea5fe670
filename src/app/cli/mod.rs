//! The command line: what is asked for, what is printed, and the exit code.
//!
//! 0 fine · 1 errors in the recipe or the command · 2 a node failed · 3 an expectation does not hold · 130 stopped.

mod commands;
mod evaluate;
mod export;
mod progress;
mod run;
mod study;

pub(crate) use commands::{answer, function_text, node_text, plan_text};
pub(crate) use progress::Progress;
pub(crate) use run::outcomes_text;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::lang::diag::Style;

/// Computational solid-state synthesis: a study is a recipe; check it, plan it, run it.
#[derive(Debug, Parser)]
#[command(name = "synth", version, max_term_width = 100)]
struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check, plan and run a study; what is stored is not run again
    Run(run::RunArguments),
    /// Find every fault of a recipe without running anything
    Check {
        #[command(flatten)]
        study: StudyArguments,
        /// Print for programs
        #[arg(long)]
        json: bool,
    },
    /// Say what a run would do, and why
    Plan(NodeArguments),
    /// Say why a node would run again, down to the cause
    Why(NodeArguments),
    /// Show a node (fields, key, files), or the value of an expression such as `fired.final(BaTiO3)`
    Show(NodeArguments),
    /// Write what a study has computed in files of other programs
    Export {
        #[command(flatten)]
        node: NodeArguments,
        /// The form, like `lammps_dump`; left out: the first that the kind of node has
        #[arg(long = "as", value_name = "FORM")]
        form: Option<String>,
        /// The folder to write into; left out: where you are
        #[arg(long, value_name = "FOLDER")]
        to: Option<PathBuf>,
    },
    /// Draw the graph of a study
    Graph {
        #[command(flatten)]
        study: StudyArguments,
        /// The form of the drawing
        #[arg(long, value_enum, default_value_t = GraphForm::Mermaid)]
        format: GraphForm,
        /// Write it to a file instead of the terminal
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    /// Bring recipes into their standard form
    Fmt {
        /// Recipes; `-` reads one from standard input
        files: Vec<PathBuf>,
        /// Change nothing; say which are not in standard form, and fail if any is
        #[arg(long)]
        check: bool,
    },
    /// Show the reference page of a kind or function, or list them all
    Doc {
        /// `synthesis`, `gibbs`, …
        name: Option<String>,
        /// As Markdown, or as JSON Schema of all kinds
        #[arg(long, value_enum)]
        format: Option<DocForm>,
    },
    /// Explain a code such as E0201, with a failing and a mended recipe
    Explain {
        /// The code; left out: list all
        code: Option<String>,
    },
    /// Evaluate an expression, like `(300 K) in degC` or `gibbs(Ba2TiO4, 1200 K)`
    Eval { expression: String },
    /// Say what a potential in a file says of structures, without a recipe
    EvalPotential {
        /// The potential: `.yace`, `.yaml` or `.ace`
        potential: PathBuf,
        /// Structures: extended XYZ, CIF, POSCAR, LAMMPS data
        structures: PathBuf,
        /// The file to write, extended XYZ with energies, forces, stresses and grades
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The active set of a `.yaml` potential, for extrapolation grades
        #[arg(long, value_name = "FILE")]
        active_set: Option<PathBuf>,
    },
    /// Look into files of potentials
    Potential {
        #[command(subcommand)]
        verb: PotentialVerb,
    },
    /// Begin a study with a recipe that runs
    New {
        /// The file to write
        path: PathBuf,
    },
    /// Try things out at a prompt
    Repl {
        /// A study to begin with
        study: Option<PathBuf>,
        /// The store; left out: `.synth` beside the study
        #[arg(long)]
        store: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum PotentialVerb {
    /// Elements, functions by rank, cutoffs, embedding, core repulsion, and where its forces jump
    Info {
        /// The potential: `.yace`, `.yaml` or `.ace`
        file: PathBuf,
        /// The active set of a `.yaml` potential
        #[arg(long, value_name = "FILE")]
        active_set: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum GraphForm {
    Mermaid,
    Dot,
    Svg,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DocForm {
    Markdown,
    JsonSchema,
}

/// A study and what is set from outside.
#[derive(Debug, Clone, Args)]
struct StudyArguments {
    /// The recipe
    study: PathBuf,
    /// Set a parameter: `--set t_max="1000 °C"`
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Set parameters from a TOML file
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// Replace the root seed
    #[arg(long)]
    seed: Option<u64>,
    /// Where results are stored; left out: `.synth` beside the recipe
    #[arg(long, value_name = "FOLDER")]
    store: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
struct NodeArguments {
    #[command(flatten)]
    study: StudyArguments,
    /// A node (`fired`, `fired[ratio: 1]`); left out: all
    node: Option<String>,
    /// Print for programs
    #[arg(long)]
    json: bool,
}

/// Runs one command and gives its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    silence_caught_panics();
    let command = match Command::try_parse_from(arguments) {
        Ok(command) => command,
        Err(error) => {
            // Help and version are no faults.
            let _ = error.print();
            return u8::from(error.use_stderr());
        }
    };
    match command.verb {
        Verb::Run(arguments) => run::run(&arguments),
        Verb::Check { study, json } => commands::check(&study, json),
        Verb::Plan(arguments) => commands::plan(&arguments),
        Verb::Why(arguments) => commands::why(&arguments),
        Verb::Show(arguments) => commands::show(&arguments),
        Verb::Export { node, form, to } => export::export(&node, form.as_deref(), to.as_deref()),
        Verb::Graph { study, format, out } => commands::graph(&study, format, out.as_deref()),
        Verb::Fmt { files, check } => commands::fmt(&files, check),
        Verb::Doc { name, format } => commands::doc(name.as_deref(), format),
        Verb::Explain { code } => commands::explain(code.as_deref()),
        Verb::Eval { expression } => commands::eval(&expression),
        Verb::EvalPotential {
            potential,
            structures,
            out,
            active_set,
        } => evaluate::evaluate(
            &potential,
            &structures,
            out.as_deref(),
            active_set.as_deref(),
        ),
        Verb::Potential {
            verb: PotentialVerb::Info { file, active_set },
        } => evaluate::info(&file, active_set.as_deref()),
        Verb::New { path } => commands::new(&path),
        Verb::Repl { study, store } => {
            let study = study.map(|path| path.to_string_lossy().into_owned());
            crate::app::repl::repl(study.as_deref(), store.as_deref(), style_out())
        }
    }
}

/// The engine catches a panic within a node and reports it as that node's failure; only others speak for themselves.
fn silence_caught_panics() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() == Some("synth") {
            default(panic);
        }
    }));
}

/// The style of standard output.
fn style_out() -> Style {
    Style::for_stream(std::io::stdout().is_terminal(), columns())
}

/// The style of standard error.
fn style_err() -> Style {
    Style::for_stream(std::io::stderr().is_terminal(), columns())
}

/// The width of the terminal: what the terminal says, else nothing.
fn columns() -> Option<usize> {
    let term = console::Term::stderr();
    term.size_checked().map(|(_, columns)| usize::from(columns))
}
