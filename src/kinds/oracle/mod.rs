//! `oracle`: what says how atoms attract and repel each other.

mod read;
mod schema;

use std::sync::Arc;

use crate::base::Element;
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::KindSchema;
use crate::physics::oracle::StoredPotential;
use crate::run::kind::{Checked, Failure, Finding, Kind, Node, Task};

pub struct Oracle;

impl Kind for Oracle {
    fn schema(&self) -> &'static KindSchema {
        &schema::SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        let Some(model) = read::model(node, &mut checked) else {
            return checked;
        };
        let wanted = node
            .inline("system")
            .and_then(|system| system.facts::<Vec<Element>>());
        if let (Some(wanted), Some(known)) = (wanted, model.elements())
            && let Some(strange) = wanted.iter().find(|element| !known.contains(element))
        {
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            checked.finding(
                Finding::new(
                    "method",
                    codes::POTENTIAL,
                    format!("this potential has no parameters for {strange}"),
                    format!("knows {}", known.join(", ")),
                )
                .help("name another model, or a system of these elements"),
            );
        }
        checked.facts = Some(Arc::new(StoredPotential::Analytic(model)));
        checked
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        let Some(StoredPotential::Analytic(model)) = task.node.facts() else {
            return Err(Failure::new("the potential could not be put together"));
        };
        task.work.write_json(StoredPotential::FILE, model)?;
        Ok(())
    }
}
