//! Small kinds for the tests of graph and engine. They write down what they run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::lang::diag::Code;
use crate::lang::schema::{
    Affects, Argument, Artifact as ArtifactType, Default as FieldDefault, Field, KindSchema,
    Outcome, Place, Range, ResultField, ResultType, Type, Verb,
};
use crate::lang::sema::{self, Study, Value};
use crate::lang::source::{MemoryLoader, SourceMap};
use crate::lang::units::{Dimension, Quantity};
use crate::run::kind::{Checked, Failure, Finding, Kind, Node, Registry, Source, Task};
use crate::run::store::{Artifact, Digest};

const NUMBERS: ArtifactType = ArtifactType("numbers");
const VALUE: ResultField = ResultField {
    name: "value",
    doc: "The number.",
    example: "a.value",
    parameters: &[],
    ty: ResultType::Quantity(Dimension::NONE, ""),
};

const fn kind(name: &'static str, outcome: Outcome, fields: &'static [Field]) -> KindSchema {
    KindSchema {
        name,
        version: 1,
        summary: "A kind for tests.",
        doc: "",
        example: "",
        outcome,
        fields,
        steps: &[],
        results: &[VALUE],
        random: false,
        replicated_by: None,
    }
}

const fn number(name: &'static str, default: FieldDefault) -> Field {
    Field::new(name, Type::Number, default, "A number.", "1")
}

const INLINE: KindSchema = KindSchema {
    steps: &[Verb {
        name: "bake",
        doc: "Bakes.",
        example: "bake for 2 h",
        arguments: &[Argument {
            place: Place::After("for"),
            name: "for",
            ty: Type::Quantity(Dimension::TIME, "h"),
            default: FieldDefault::Required,
            range: Range::Any,
            doc: "How long.",
            affects: Affects::Result,
        }],
        block: &[],
    }],
    results: &[],
    ..kind(
        "oven",
        Outcome::Inline,
        &[
            Field::new(
                "hold",
                Type::Quantity(Dimension::TIME, "h"),
                FieldDefault::Is("1 h"),
                "How long.",
                "1 h",
            ),
            Field::new(
                "colour",
                Type::Text,
                FieldDefault::Absent,
                "Not read by anyone.",
                "\"red\"",
            ),
        ],
    )
};

const SOURCE: KindSchema = kind(
    "source",
    Outcome::Artifact(NUMBERS),
    &[
        number("number", FieldDefault::Is("1")).range(Range::AtLeast(0.0)),
        number("shape", FieldDefault::Is("2")),
        Field::new(
            "length",
            Type::Quantity(Dimension::LENGTH, "Å"),
            FieldDefault::Is("1 Å"),
            "A length.",
            "1 Å",
        ),
        number("threads", FieldDefault::Is("1")).affects(Affects::Speed),
        Field::new(
            "file",
            Type::Path,
            FieldDefault::Absent,
            "A file.",
            "\"a.csv\"",
        ),
        Field::new(
            "oven",
            Type::Inline("oven", &["hold", "steps"]),
            FieldDefault::Absent,
            "An oven.",
            "o",
        ),
        Field::new(
            "of",
            Type::Artifact(NUMBERS),
            FieldDefault::Absent,
            "Is added.",
            "a",
        ),
        Field::new(
            "and",
            Type::Artifact(NUMBERS),
            FieldDefault::Absent,
            "Is added too.",
            "b",
        ),
        // What it does beside counting.
        Field::new(
            "act",
            Type::Choice(&[ACT[0], ACT[1], ACT[2], ACT[3]]),
            FieldDefault::Absent,
            "What it does.",
            "fail",
        ),
    ],
);

const ACT: [crate::lang::schema::Choice; 4] =
    [act("fail"), act("fault"), act("stop"), act("round_down")];

const fn act(name: &'static str) -> crate::lang::schema::Choice {
    crate::lang::schema::Choice {
        name,
        doc: "For tests.",
        arguments: &[],
    }
}

const NOISY: KindSchema = KindSchema {
    random: true,
    replicated_by: Some("replicas"),
    ..kind(
        "noisy",
        Outcome::Artifact(NUMBERS),
        &[
            Field::new(
                "replicas",
                Type::Integer,
                FieldDefault::Is("4"),
                "How many.",
                "4",
            )
            .affects(Affects::Replicas),
            Field::new(
                "seed",
                Type::Integer,
                FieldDefault::Is("0"),
                "Another one.",
                "1",
            ),
            number("scale", FieldDefault::Is("1")),
            Field::new(
                "of",
                Type::Artifact(NUMBERS),
                FieldDefault::Absent,
                "Is added.",
                "a",
            ),
        ],
    )
};

/// What the kinds of one registry have run, as labels.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

struct Fake {
    schema: &'static KindSchema,
    log: Log,
    cancel: Arc<AtomicBool>,
}

fn read(artifact: &Artifact) -> Result<(f64, Option<f64>), Failure> {
    let bytes = artifact
        .read("value.txt")
        .map_err(|error| Failure::new(error.to_string()))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut words = text.split_whitespace().map(|word| word.parse::<f64>().ok());
    Ok((
        words.next().flatten().unwrap_or(f64::NAN),
        words.next().flatten(),
    ))
}

impl Kind for Fake {
    fn schema(&self) -> &'static KindSchema {
        self.schema
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        if let Value::Path(path) = node.value("file")
            && let Ok(bytes) = node.bytes(&path)
        {
            checked.sources.push(Source {
                name: "data".into(),
                digest: Digest::of(&bytes).to_string(),
            });
        }
        if node.value("shape").as_f64() == Some(13.0) {
            checked.finding(Finding::new(
                "shape",
                Code("E0499"),
                "13 is no shape",
                "unlucky",
            ));
        }
        checked
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        let node = &task.node;
        let replica = task
            .replica
            .map_or_else(String::new, |replica| format!(" {replica}"));
        self.log
            .lock()
            .unwrap()
            .push(format!("{}{replica}", node.label()));
        let mut sum = if self.schema.random {
            f64::from(task.seed[0]) * node.value("scale").as_f64().unwrap_or(1.0)
        } else {
            node.value("number").as_f64().unwrap_or(0.0)
        };
        for artifact in task.inputs.values() {
            sum += read(artifact)?.0;
        }
        match node
            .value("act")
            .as_choice()
            .map(|(word, _)| word.to_owned())
            .as_deref()
        {
            Some("fail") => return Err(Failure::new("the crucible broke").help("buy another one")),
            Some("fault") => panic!("a crack in the program"),
            Some("stop") => {
                self.cancel.store(true, Ordering::SeqCst);
                if task.cancelled() {
                    return Err(Failure::cancelled());
                }
            }
            Some("round_down") => sum = sum.floor(),
            _ => {}
        }
        task.progress(1, 1);
        Ok(task.work.write("value.txt", format!("{sum}").as_bytes())?)
    }

    fn gather(&self, task: &Task<'_>, replicas: &[Artifact]) -> Result<(), Failure> {
        let values: Vec<f64> = replicas
            .iter()
            .map(|one| Ok(read(one)?.0))
            .collect::<Result<_, Failure>>()?;
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let spread = values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / (count - 1.0);
        let error = (spread / count).sqrt();
        Ok(task
            .work
            .write("value.txt", format!("{mean} {error}").as_bytes())?)
    }

    fn result(
        &self,
        _: &str,
        _: &[(&'static str, Value)],
        artifact: &Artifact,
    ) -> Result<Value, String> {
        let (value, error) = read(artifact).map_err(|failure| failure.text)?;
        if value == 404.0 {
            return Err("it never formed".into());
        }
        let quantity = Quantity::number(value);
        Ok(if self.schema.random {
            Value::Measured(quantity, error)
        } else {
            Value::Quantity(quantity)
        })
    }
}

/// A registry of these kinds and its log.
pub(crate) struct World {
    pub registry: Registry,
    pub log: Log,
    pub cancel: Arc<AtomicBool>,
    pub loader: MemoryLoader,
}

impl World {
    pub(crate) fn new() -> Self {
        let log = Log::default();
        let cancel = Arc::new(AtomicBool::new(false));
        let fake = |schema: &'static KindSchema| -> Box<dyn Kind> {
            Box::new(Fake {
                schema,
                log: log.clone(),
                cancel: cancel.clone(),
            })
        };
        World {
            registry: Registry::new(vec![fake(&INLINE), fake(&SOURCE), fake(&NOISY)], vec![]),
            log,
            cancel,
            loader: MemoryLoader::default(),
        }
    }

    /// The study of a recipe; panics when the checker finds an error.
    pub(crate) fn study(&mut self, text: &str) -> Study {
        self.study_and_texts(text).0
    }

    pub(crate) fn study_and_texts(&mut self, text: &str) -> (Study, SourceMap) {
        self.loader
            .files
            .insert("s.synth".into(), text.as_bytes().to_vec());
        let checked = sema::check(
            "s.synth",
            &self.loader,
            self.registry.vocabulary(),
            &sema::Options::default(),
        );
        assert!(!checked.has_errors(), "{:#?}", checked.diagnostics);
        (checked.study, checked.sources)
    }

    /// What has run since the last call, sorted.
    pub(crate) fn taken(&self) -> Vec<String> {
        let mut all = std::mem::take(&mut *self.log.lock().unwrap());
        all.sort();
        all
    }
}
