use super::Kind;
use crate::lang::schema::KindSchema;
use crate::lang::sema::{Function, Vocabulary};

/// Every kind that is built, and the pure functions. The one place through which `run` meets kinds.
pub struct Registry {
    kinds: Vec<Box<dyn Kind>>,
    vocabulary: Vocabulary,
}

impl Registry {
    /// Kinds in the order in which documentation lists them.
    ///
    /// # Panics
    /// When two kinds share a name or a schema's default cannot be read: a fault of the program, caught by
    /// the first test that builds a registry.
    pub fn new(kinds: Vec<Box<dyn Kind>>, functions: Vec<Function>) -> Self {
        let schemas: Vec<&'static KindSchema> = kinds.iter().map(|kind| kind.schema()).collect();
        Registry {
            vocabulary: Vocabulary::new(schemas, functions),
            kinds,
        }
    }

    pub fn get(&self, name: &str) -> Option<&dyn Kind> {
        self.kinds
            .iter()
            .find(|kind| kind.schema().name == name)
            .map(AsRef::as_ref)
    }

    pub fn kinds(&self) -> impl Iterator<Item = &dyn Kind> {
        self.kinds.iter().map(AsRef::as_ref)
    }

    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }
}
