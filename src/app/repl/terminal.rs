//! The session behind a line editor: several lines, history, completion, hints, Ctrl-C.

use std::borrow::Cow;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter, MatchingBracketHighlighter};
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use super::completion::Hint;
use super::{Session, Step};
use crate::lang::diag::Style;
use crate::lang::source::DiskLoader;
use crate::lang::syntax::{Completeness, completeness};

/// Entries that are remembered from session to session.
const MOST_ENTRIES: usize = 2000;
const PROMPT: &str = "synth> ";

/// Runs the prompt until it is left. `study`: a recipe to begin with; `store_root`: where results are, if not beside
/// the recipe. The exit code of the process: 1 when the recipe could not be loaded or the terminal gave out.
pub fn repl(study: Option<&str>, store_root: Option<&Path>, style: Style) -> u8 {
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let mut session = Session::open(
        crate::kinds::registry(),
        Box::new(DiskLoader),
        store_root,
        style,
    )
    .showing_progress();
    if is_terminal {
        println!("A study is tried out here; `:help` says how, Ctrl-D leaves.");
    }
    if let Some(name) = study {
        match session.load(name) {
            Ok(said) => print!("{said}"),
            Err(said) => {
                eprint!("{said}");
                return 1;
            }
        }
    }
    let signal = Signal::listen();
    let done = if is_terminal {
        converse(session, &signal, style)
    } else {
        follow(session, &signal, std::io::stdin().lock()).map_err(ReadlineError::Io)
    };
    match done {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("the prompt could not go on: {error}");
            1
        }
    }
}

/// Entries from a file or a pipe: no prompt, no history.
fn follow(mut session: Session, signal: &Signal, mut input: impl BufRead) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    let mut entry = String::new();
    loop {
        let is_end = input.read_line(&mut entry)? == 0;
        if !is_end && !is_whole(&entry) {
            continue;
        }
        let step = signal.during(|cancel| session.enter(&entry, &mut out, cancel));
        out.flush()?;
        if is_end || step == Step::Quit {
            return Ok(());
        }
        entry.clear();
    }
}

/// Whether an entry is read as it stands, or waits for another line.
fn is_whole(entry: &str) -> bool {
    let is_command = entry.trim_start().starts_with(':');
    // Two empty lines end an entry whatever is open, so that nobody is caught in one.
    let is_ended = entry.ends_with("\n\n\n");
    is_command || is_ended || completeness(entry) == Completeness::Complete
}

fn converse(session: Session, signal: &Signal, style: Style) -> rustyline::Result<()> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .max_history_size(MOST_ENTRIES)?
        .history_ignore_dups(true)?
        .history_ignore_space(true)
        .build();
    let mut editor: Editor<Prompt, DefaultHistory> = Editor::with_config(config)?;
    let history = history_file();
    if let Some(path) = &history {
        // The first session has none.
        let _ = editor.load_history(path);
    }
    editor.set_helper(Some(Prompt {
        session,
        files: FilenameCompleter::new(),
        brackets: MatchingBracketHighlighter::new(),
        colour: style.colour,
    }));
    loop {
        match editor.readline(PROMPT) {
            Ok(entry) => {
                if entry.trim().is_empty() {
                    continue;
                }
                let _ = editor.add_history_entry(entry.as_str());
                let Some(prompt) = editor.helper_mut() else {
                    break;
                };
                let mut out = std::io::stdout();
                let step = signal.during(|cancel| prompt.session.enter(&entry, &mut out, cancel));
                let _ = out.flush();
                if step == Step::Quit {
                    break;
                }
            }
            // Ctrl-C at the prompt gives up the line.
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(ReadlineError::Io(error)) if error.kind() == std::io::ErrorKind::InvalidData => {
                eprintln!("this line is not UTF-8 text");
            }
            Err(error) => return Err(error),
        }
    }
    if let Some(path) = &history {
        // A history that cannot be kept is no reason to complain.
        let _ = editor.append_history(path);
    }
    Ok(())
}

/// Ctrl-C while something is computed.
struct Signal {
    busy: Arc<AtomicBool>,
    cancel: Arc<AtomicBool>,
}

impl Signal {
    fn listen() -> Self {
        let signal = Signal {
            busy: Arc::default(),
            cancel: Arc::default(),
        };
        let (busy, cancel) = (Arc::clone(&signal.busy), Arc::clone(&signal.cancel));
        // Without a handler Ctrl-C ends the process; what is stored is whole in either case.
        let _ = ctrlc::set_handler(move || {
            // At the prompt the editor reads Ctrl-C as a key, so a signal comes from outside.
            if !busy.load(Ordering::SeqCst) || cancel.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
            eprintln!("stopping (Ctrl-C again: leave at once)");
        });
        signal
    }

    fn during<T>(&self, work: impl FnOnce(&AtomicBool) -> T) -> T {
        self.cancel.store(false, Ordering::SeqCst);
        self.busy.store(true, Ordering::SeqCst);
        let done = work(&self.cancel);
        self.busy.store(false, Ordering::SeqCst);
        done
    }
}

/// The history in the user's data folder; none where there is no such folder.
fn history_file() -> Option<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let data = set("XDG_DATA_HOME")
        .or_else(|| set("APPDATA"))
        .or_else(|| Some(set("HOME")?.join(".local").join("share")))?;
    let folder = data.join("synth");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history.txt"))
}

/// What the editor asks while a line is typed.
struct Prompt {
    session: Session,
    files: FilenameCompleter,
    brackets: MatchingBracketHighlighter,
    colour: bool,
}

impl Helper for Prompt {}

impl Completer for Prompt {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let takes_file = [":save ", ":save! ", ":load "]
            .iter()
            .any(|command| line.starts_with(command));
        if takes_file {
            return self.files.complete(line, pos, context);
        }
        let (start, found) = self.session.complete(line, pos);
        let pairs = found.into_iter().map(|one| Pair {
            display: one.text.trim_end().to_owned(),
            replacement: one.text,
        });
        Ok((start, pairs.collect()))
    }
}

impl rustyline::hint::Hint for Hint {
    fn display(&self) -> &str {
        &self.text
    }
    fn completion(&self) -> Option<&str> {
        self.can_be_taken.then_some(self.text.as_str())
    }
}

impl Hinter for Prompt {
    type Hint = Hint;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<Hint> {
        // A hint that looks like what was typed misleads.
        self.colour.then(|| self.session.hint(line, pos)).flatten()
    }
}

impl Highlighter for Prompt {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        if self.colour {
            self.brackets.highlight(line, pos)
        } else {
            Cow::Borrowed(line)
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[2m{hint}\x1b[0m"))
    }

    fn highlight_char(&self, line: &str, pos: usize, kind: CmdKind) -> bool {
        self.colour && self.brackets.highlight_char(line, pos, kind)
    }
}

impl Validator for Prompt {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        // The line end that was just typed is not in the input yet.
        let input = format!("{}\n", context.input());
        Ok(if is_whole(&input) {
            ValidationResult::Valid(None)
        } else {
            ValidationResult::Incomplete
        })
    }
}
