use std::collections::BTreeMap;

use super::{Facts, Step, Value};
use crate::lang::schema::{Default, KindSchema};
use crate::lang::sema::{Member, MemberId, Role, Study, Vocabulary};
use crate::lang::source::{LoadError, Loader};

/// A member of a study as its kind sees it: fields with their defaults, the inline nodes that it reads, the
/// facts of its inputs, and data files. A view; copy it freely.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pub(crate) study: &'a Study,
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) loader: &'a dyn Loader,
    /// Facts by member; members that come later in the order of dependence are empty.
    pub(crate) facts: &'a [Facts],
    pub(crate) id: MemberId,
    /// Members with values in place of what was known after the run of others only; empty before the run.
    pub(crate) forced: &'a BTreeMap<MemberId, Member>,
}

static NOTHING_FORCED: BTreeMap<MemberId, Member> = BTreeMap::new();

impl<'a> Node<'a> {
    pub fn new(
        study: &'a Study,
        vocabulary: &'a Vocabulary,
        loader: &'a dyn Loader,
        facts: &'a [Facts],
        id: MemberId,
    ) -> Self {
        Node {
            study,
            vocabulary,
            loader,
            facts,
            id,
            forced: &NOTHING_FORCED,
        }
    }

    /// The same node where these members stand in place of the study's.
    pub(crate) fn with_forced(self, forced: &'a BTreeMap<MemberId, Member>) -> Self {
        Node { forced, ..self }
    }

    pub fn id(&self) -> MemberId {
        self.id
    }

    pub fn schema(&self) -> &'static KindSchema {
        self.study.kind_of(self.id)
    }

    fn member(&self) -> &'a Member {
        self.forced
            .get(&self.id)
            .unwrap_or_else(|| self.study.member(self.id))
    }

    /// `fired[ratio: 1]`
    pub fn label(&self) -> String {
        self.study.label(self.id)
    }

    /// A field's value: as given, else its default, else nothing.
    pub fn value(&self, field: &str) -> Value {
        if let Some(value) = self.member().given(field) {
            return value.clone();
        }
        match self.schema().field(field).map(|field| field.default) {
            Some(Default::Is(_)) => self.vocabulary.default(self.schema().name, field),
            _ => Value::Nothing,
        }
    }

    pub fn is_given(&self, field: &str) -> bool {
        self.member().given(field).is_some()
    }

    pub fn steps(&self) -> &'a [Step] {
        &self.member().steps
    }

    pub fn coordinates(&self) -> &'a [(String, Value)] {
        &self.member().coordinates
    }

    /// The node described inline that a field refers to.
    pub fn inline(&self, field: &str) -> Option<Node<'a>> {
        self.referred(field, |role| matches!(role, Role::Inline(_)))
    }

    /// The node whose artifact a field refers to.
    pub fn input(&self, field: &str) -> Option<Node<'a>> {
        self.referred(field, |role| matches!(role, Role::Artifact(_)))
    }

    fn referred(&self, field: &str, wanted: impl Fn(Role) -> bool) -> Option<Node<'a>> {
        self.member()
            .inputs
            .iter()
            .find(|input| input.port == field && wanted(input.role))
            .map(|input| Node {
                id: input.member,
                ..*self
            })
    }

    /// What this node said about itself when it was checked (empty during its own check).
    pub fn facts<T: 'static>(&self) -> Option<&'a T> {
        self.facts
            .get(self.id.0 as usize)?
            .as_ref()?
            .downcast_ref::<T>()
    }

    /// The bytes of a data file.
    pub fn bytes(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        self.loader.bytes(path)
    }
}
