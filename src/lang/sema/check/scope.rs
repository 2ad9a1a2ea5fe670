//! What a name means at a place: axes and template arguments first, then what the file declares.

use std::cell::Cell;
use std::sync::Arc;

use super::Checker;
use super::modules::Binding;
use crate::lang::diag::Diagnostic;
use crate::lang::schema::{KindSchema, Range, Type};
use crate::lang::sema::evaluate::{Evaluator, Lookup, Names};
use crate::lang::sema::{MemberId, Value};
use crate::lang::source::{FileId, Span};
use crate::lang::syntax::ast::{Expr, ExprKind};

/// A place in a file in which expressions are read.
pub(super) struct Scope<'c, 'a> {
    checker: &'c Checker<'a>,
    module: usize,
    /// Names of axes with their values for one member; template arguments.
    local: &'c [(String, Value)],
    /// Names that are known to be there and have no value because of a fault that is reported.
    poisoned: &'c [String],
    /// Whether a local name was read.
    pub touched: Cell<bool>,
}

impl<'c, 'a> Scope<'c, 'a> {
    pub fn of_module(checker: &'c Checker<'a>, module: usize) -> Self {
        Scope::with_local(checker, module, &[], &[])
    }

    pub fn with_local(
        checker: &'c Checker<'a>,
        module: usize,
        local: &'c [(String, Value)],
        poisoned: &'c [String],
    ) -> Self {
        Scope {
            checker,
            module,
            local,
            poisoned,
            touched: Cell::new(false),
        }
    }

    /// The value of an expression where no type is expected.
    pub fn evaluate(&self, expr: &Expr) -> Option<Value> {
        self.with_evaluator(|evaluator| evaluator.evaluate(expr))
    }

    /// Same, but a bare word that means nothing here stands for itself: a word of a closed set that whoever
    /// uses the value will look at. Words in `words` always stand for themselves.
    pub fn evaluate_or_word(&self, expr: &Expr, words: &[&str]) -> Option<Value> {
        if let ExprKind::Name(name) = &expr.kind
            && (words.contains(&name.as_str())
                || matches!(self.name(name, expr.span), Lookup::Unknown))
        {
            return Some(Value::Choice(name.as_str().into(), Arc::default()));
        }
        self.evaluate(expr)
    }

    /// The value of an expression where this type is expected.
    pub fn fit(&self, expr: &Expr, ty: &Type, range: Range, what: &str) -> Option<Value> {
        self.with_evaluator(|evaluator| evaluator.fit(expr, ty, range, what))
    }

    fn with_evaluator<T>(&self, work: impl FnOnce(&mut Evaluator<'_>) -> Option<T>) -> Option<T> {
        let mut evaluator = Evaluator::new(self, self.checker.vocabulary);
        let value = work(&mut evaluator);
        let faults = evaluator.diagnostics;
        let failed = faults.iter().any(Diagnostic::is_error);
        self.checker.found.borrow_mut().extend(faults);
        value.filter(|_| !failed)
    }

    fn lookup(&self, module: usize, name: &str) -> Lookup {
        let Some((binding, _)) = self.checker.modules[module].names.get(name) else {
            return Lookup::Unknown;
        };
        match *binding {
            Binding::Module(Some(_)) => Lookup::Module(name.to_owned()),
            Binding::Module(None) | Binding::Template(_) => Lookup::Poisoned,
            Binding::Value(at) => self
                .checker
                .value((module, at))
                .map_or(Lookup::Poisoned, Lookup::Value),
            Binding::Node(at) => match self.checker.declaration((module, at)) {
                None => Lookup::Poisoned,
                Some(id) => {
                    let range = self.checker.state.borrow().declarations[id.0 as usize]
                        .members
                        .clone();
                    Lookup::Value(Value::Nodes(Arc::new(range.map(MemberId).collect())))
                }
            },
        }
    }

    fn module_index(&self, alias: &str) -> Option<usize> {
        match self.checker.modules[self.module].names.get(alias)?.0 {
            Binding::Module(target) => target,
            _ => None,
        }
    }

    fn names_of(&self, module: usize) -> Vec<String> {
        let module = &self.checker.modules[module];
        module
            .order
            .iter()
            .filter(|name| !matches!(module.names.get(*name), Some((Binding::Template(_), _))))
            .cloned()
            .collect()
    }
}

impl Names for Scope<'_, '_> {
    fn name(&self, name: &str, _span: Span) -> Lookup {
        if let Some((_, value)) = self.local.iter().find(|(local, _)| local == name) {
            self.touched.set(true);
            return Lookup::Value(value.clone());
        }
        if self.poisoned.iter().any(|local| local == name) {
            return Lookup::Poisoned;
        }
        self.lookup(self.module, name)
    }

    fn module_member(&self, module: &str, name: &str, _span: Span) -> Lookup {
        match self.module_index(module) {
            None => Lookup::Poisoned,
            Some(index) => self.lookup(index, name),
        }
    }

    fn candidates(&self) -> Vec<String> {
        let mut all: Vec<String> = self.local.iter().map(|(name, _)| name.clone()).collect();
        all.extend(self.names_of(self.module));
        all
    }

    fn module_candidates(&self, module: &str) -> Vec<String> {
        self.module_index(module)
            .map(|index| self.names_of(index))
            .unwrap_or_default()
    }

    fn kind_of(&self, id: MemberId) -> &'static KindSchema {
        let state = self.checker.state.borrow();
        let declaration = state.members[id.0 as usize].declaration;
        state.declarations[declaration.0 as usize].kind
    }

    fn declaration_name(&self, id: MemberId) -> String {
        let state = self.checker.state.borrow();
        let declaration = state.members[id.0 as usize].declaration;
        state.declarations[declaration.0 as usize].name.clone()
    }

    fn coordinates(&self, id: MemberId) -> Arc<Vec<(String, Value)>> {
        self.checker.state.borrow().members[id.0 as usize]
            .coordinates
            .clone()
    }

    fn file_name(&self, file: FileId) -> String {
        self.checker.file_name(file)
    }

    fn file_exists(&self, path: &str) -> bool {
        self.checker.loader.exists(path)
    }
}
