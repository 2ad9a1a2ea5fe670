//! Fields and steps, made into a recipe. Findings go to `checked`.

use super::super::packing;
use crate::base::Phase;
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::diag::{did_you_mean, list_words};
use crate::physics::io::{StructureFileError, read_structures};
use crate::physics::structure::{
    Amount, Change, ChangeError, CrystalError, PackingError, Prototype, PrototypeError, Reason,
    Recipe, RecipeError, Site, Size, Source as Origin, SpaceGroup, Structure, SymmetryError,
    crystal,
};
use crate::run::kind::{Checked, Finding, Node, Source, Step, Value};

/// Sites nearer than this are one, Å.
const MERGE_ANG: f64 = 0.05;

/// What each way to say where atoms come from needs besides, and the fields that belong to it alone.
const WAYS: [(&str, &[&str]); 5] = [
    ("crystal", &[]),
    ("file", &[]),
    ("prototype", &["formula"]),
    ("spacegroup", &["cell", "sites"]),
    ("amorphous", &["atoms", "density", "closest"]),
];

pub(super) fn recipe(node: &Node<'_>, checked: &mut Checked) -> Option<Recipe> {
    let given: Vec<&(&str, &[&str])> = WAYS.iter().filter(|(way, _)| node.is_given(way)).collect();
    let [(way, own)] = given.as_slice() else {
        let second = given.get(1).map_or("", |(way, _)| *way);
        checked.finding(
            Finding::new(
                second,
                codes::STRUCTURE,
                "a structure comes from one source",
                if given.is_empty() {
                    "it has none"
                } else {
                    "a second source"
                },
            )
            .help("give one of `crystal`, `file`, `prototype`, `spacegroup` and `amorphous`"),
        );
        return None;
    };
    for (other, fields) in WAYS.iter().filter(|(other, _)| other != way) {
        for field in fields.iter().filter(|field| node.is_given(field)) {
            checked.finding(
                Finding::new(
                    *field,
                    codes::STRUCTURE,
                    format!("`{field}` goes with `{other}`, and this structure has `{way}`"),
                    "has no meaning here",
                )
                .help(format!("leave `{field}` out")),
            );
        }
    }
    for field in own
        .iter()
        .filter(|field| **field != "closest" && !node.is_given(field))
    {
        let example = node.schema().field(field).map_or("", |field| field.example);
        checked.finding(
            Finding::new(
                "",
                codes::STRUCTURE,
                format!("`{way}` needs `{field}`"),
                "not enough to make atoms of",
            )
            .help(format!("add `{field}: {example}`")),
        );
    }
    if !checked.findings.is_empty() {
        return None;
    }
    let source = match *way {
        "crystal" => Origin::Given(known_crystal(node, checked)?),
        "file" => match node.value("file") {
            Value::Path(path) => Origin::Given(from_file(node, "file", &path, checked)?),
            _ => return None,
        },
        "prototype" => Origin::Given(vec![of_prototype(node, checked)?]),
        "spacegroup" => Origin::Given(vec![of_sites(node, checked)?]),
        _ => Origin::Packed(packing::packing(&|field| node.value(field), "", checked)?),
    };
    // All of them, so that every fault is found.
    let changes: Vec<Option<Change>> = node
        .steps()
        .iter()
        .enumerate()
        .map(|(at, step)| change(node, at, step, checked))
        .collect();
    let changes = changes.into_iter().collect::<Option<Vec<Change>>>()?;
    Some(Recipe {
        source,
        changes,
        copies: node
            .value("copies")
            .as_integer()
            .map_or(1, |copies| copies.max(1) as usize),
    })
}

/// The file of a phase: of that label, or the only one of that formula.
fn known_crystal(node: &Node<'_>, checked: &mut Checked) -> Option<Vec<Structure>> {
    let value = node.value("crystal");
    let wanted = value.as_phase()?;
    let known = match (node.value("structures"), node.inline("system")) {
        (Value::Nothing, Some(system)) => system.value("structures"),
        (given, _) => given,
    };
    let Value::Record(entries) = known else {
        checked.finding(
            Finding::new(
                "crystal",
                codes::STRUCTURE,
                format!("it is not said where the atoms of {wanted} are found"),
                "a phase is no structure",
            )
            .help("add `structures: batio.crystals`, or name a system that has `structures`"),
        );
        return None;
    };
    let known: Vec<(Phase, &Value)> = entries
        .iter()
        .filter_map(|(name, path)| Some((Phase::parse(name).ok()?, path)))
        .collect();
    let exact: Vec<&(Phase, &Value)> = known.iter().filter(|(phase, _)| phase == wanted).collect();
    let alike: Vec<&(Phase, &Value)> = known
        .iter()
        .filter(|(phase, _)| {
            wanted.label.is_none() && phase.formula.same_composition(&wanted.formula)
        })
        .collect();
    let found = if exact.is_empty() { alike } else { exact };
    let names = |phases: &[&(Phase, &Value)]| -> Vec<String> {
        phases.iter().map(|(phase, _)| phase.to_string()).collect()
    };
    match found.as_slice() {
        [(_, Value::Path(path))] => from_file(node, "crystal", path, checked),
        [] => {
            let all: Vec<String> = known.iter().map(|(phase, _)| phase.to_string()).collect();
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            let help = match did_you_mean(&wanted.to_string(), all.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!(
                    "there is {}; give another as `file: \"name.cif\"`",
                    list_words(&all, "and")
                ),
            };
            checked.finding(
                Finding::new(
                    "crystal",
                    codes::NO_SUCH_PHASE,
                    format!("there is no crystal of {wanted} among the structures"),
                    "no such crystal",
                )
                .help(help),
            );
            None
        }
        several => {
            let names = names(several);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            checked.finding(
                Finding::new(
                    "crystal",
                    codes::SEVERAL_PHASES,
                    format!("{wanted} has several crystals"),
                    "which of them?",
                )
                .help(format!("write {}", list_words(&names, "or"))),
            );
            None
        }
    }
}

fn from_file(
    node: &Node<'_>,
    field: &str,
    path: &str,
    checked: &mut Checked,
) -> Option<Vec<Structure>> {
    let fault = |headline: String, help: String| {
        Finding::new(field, codes::STRUCTURE_FILE, headline, "this file").help(help)
    };
    let bytes = match node.bytes(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            checked.finding(fault(
                error.to_string(),
                "give the name of a file beside the recipe".into(),
            ));
            return None;
        }
    };
    checked.sources.push(Source {
        name: path.to_owned(),
        digest: blake3::hash(&bytes).to_hex().to_string(),
    });
    match read_structures(path, &bytes) {
        Ok(frames) if frames.is_empty() => {
            checked.finding(fault(
                format!("`{path}` has no structures"),
                "was it written to its end?".into(),
            ));
            None
        }
        Ok(frames) => Some(frames.into_iter().map(|frame| frame.structure).collect()),
        Err(error) => {
            let help = match &error {
                StructureFileError::UnknownForm(_) => {
                    "name it by its form: `.cif`, `.xyz`, `.vasp` (POSCAR) or `.data` (LAMMPS)"
                        .into()
                }
                StructureFileError::Fault { error, .. } => error.help.clone(),
            };
            checked.finding(fault(error.to_string(), help));
            None
        }
    }
}

fn of_prototype(node: &Node<'_>, checked: &mut Checked) -> Option<Structure> {
    let value = node.value("prototype");
    let (name, _) = value.as_choice()?;
    let prototype = Prototype::named(name).ok()?;
    let number = |name: &str| value.get(name).and_then(Value::as_f64);
    let free: Vec<Option<f64>> = prototype
        .free
        .iter()
        .map(|(name, _)| number(name))
        .collect();
    let formula = node.value("formula").as_phase()?.formula.clone();
    match prototype.build(&formula, number("a")?, number("c"), &free) {
        Ok(structure) => Some(structure),
        Err(error) => {
            let (field, help) = match &error {
                PrototypeError::Composition { ratio, .. } => (
                    "formula",
                    format!("write a formula whose amounts are as {ratio}"),
                ),
                PrototypeError::Missing {
                    prototype,
                    parameter,
                } => (
                    "prototype",
                    format!("add it: `{prototype}(…, {parameter}: …)`"),
                ),
                PrototypeError::Crystal(CrystalError::Together { .. }) => (
                    "prototype",
                    "choose free coordinates that keep the atoms apart".into(),
                ),
                _ => ("prototype", "correct the lattice parameters".into()),
            };
            checked.finding(
                Finding::new(field, codes::STRUCTURE, error.to_string(), "here").help(help),
            );
            None
        }
    }
}

fn of_sites(node: &Node<'_>, checked: &mut Checked) -> Option<Structure> {
    let named = node.value("spacegroup");
    let group = match &named {
        Value::Text(symbol) => SpaceGroup::from_symbol(symbol),
        other => SpaceGroup::from_number(other.as_integer().unwrap_or(0)),
    };
    let group = match group {
        Ok(group) => group,
        Err(error) => {
            let symbols: Vec<String> = SpaceGroup::symbols().collect();
            let near = match &named {
                Value::Text(text) => did_you_mean(text, symbols.iter().map(String::as_str)),
                _ => None,
            };
            checked.finding(
                Finding::new(
                    "spacegroup",
                    codes::STRUCTURE,
                    error.to_string(),
                    "no such group",
                )
                .help(match near {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => {
                        "write a Hermann-Mauguin symbol like \"P4_2/mnm\", or a number like 136"
                            .into()
                    }
                }),
            );
            return None;
        }
    };
    let cell = node.value("cell");
    let number = |name: &str| cell.get(name).and_then(Value::as_f64);
    // An angle of 120° is that number again, not what its radians leave of it.
    let degrees = |name: &str| number(name).map(|x| (x.to_degrees() * 1e9).round() / 1e9);
    let cell = match group.cell(
        ["a", "b", "c"].map(number),
        ["alpha", "beta", "gamma"].map(degrees),
    ) {
        Ok(cell) => cell,
        Err(error) => {
            let help = match &error {
                SymmetryError::Missing(_, what) => format!("add {what} to `cell`"),
                SymmetryError::Cell { .. } => {
                    "leave out the lengths and angles that the group fixes".into()
                }
                _ => "correct its lengths and angles".into(),
            };
            checked.finding(
                Finding::new("cell", codes::STRUCTURE, error.to_string(), "this cell").help(help),
            );
            return None;
        }
    };
    let list = node.value("sites");
    let mut sites = Vec::new();
    for (at, entry) in list.as_list().unwrap_or(&[]).iter().enumerate() {
        sites.push(site(&group, entry, &format!("sites[{at}]"), checked)?);
    }
    match crystal(cell, &group.operations(), &sites, MERGE_ANG) {
        Ok(structure) => Some(structure),
        Err(error) => {
            let path = match &error {
                CrystalError::Together { second, .. } => format!("sites[{}]", second - 1),
                _ => "sites".into(),
            };
            checked.finding(
                Finding::new(path, codes::STRUCTURE, error.to_string(), "here")
                    .help("give each atom a place of its own"),
            );
            None
        }
    }
}

fn site(group: &SpaceGroup, entry: &Value, path: &str, checked: &mut Checked) -> Option<Site> {
    let element = entry.get("element")?.as_element()?;
    let number = |name: &str| entry.get(name).and_then(Value::as_f64);
    let at: Option<Vec<f64>> = entry
        .get("at")
        .and_then(Value::as_list)
        .map(|list| list.iter().filter_map(Value::as_f64).collect());
    let letter = match entry.get("wyckoff") {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let mut fault = |headline: String, help: &str| {
        checked.finding(Finding::new(path, codes::STRUCTURE, headline, "this site").help(help));
        None
    };
    let fractional = match (at.as_deref(), letter) {
        (Some([x, y, z]), None) => [*x, *y, *z],
        (Some(other), None) => {
            return fault(
                format!("a place has three coordinates, not {}", other.len()),
                "write it like `at: [0.5, 0.5, 0]`",
            );
        }
        (None, Some(letter)) => {
            // `4f` is how tables write it.
            let mut letters = letter
                .trim_start_matches(|c: char| c.is_ascii_digit())
                .chars();
            let (Some(letter), None) = (letters.next(), letters.next()) else {
                return fault(
                    format!("`{letter}` is no Wyckoff letter"),
                    "write its letter, like `wyckoff: \"f\"`",
                );
            };
            let free = ["x", "y", "z"].map(|name| number(name).unwrap_or(0.0));
            match group.wyckoff(letter, free) {
                Ok(place) => place,
                Err(error) => return fault(error.to_string(), "write one of these letters"),
            }
        }
        (Some(_), Some(_)) => {
            return fault(
                "a site has coordinates or a Wyckoff letter, not both".into(),
                "leave `at` or `wyckoff` out",
            );
        }
        (None, None) => {
            return fault(
                format!("there is no place for {element}"),
                "add `at: [0, 0, 0]` or `wyckoff: \"a\"`",
            );
        }
    };
    Some(Site {
        element,
        fractional,
    })
}

/// Where the artifact of a stack's other structure is found.
pub(super) fn port_of_stack(step: usize) -> String {
    format!("steps[{step}].other")
}

/// What another node will give, as far as that is known before it runs and takes no time: to try a stack out.
fn sample(other: &Node<'_>) -> Vec<Structure> {
    let Some(recipe) = other.facts::<Recipe>().filter(|recipe| recipe.is_quick()) else {
        return Vec::new();
    };
    recipe.build(0, [0; 32]).into_iter().collect()
}

fn axis(step: &Step) -> usize {
    match step.argument("along").and_then(Value::as_choice) {
        Some(("a", _)) => 0,
        Some(("b", _)) => 1,
        _ => 2,
    }
}

fn change(node: &Node<'_>, at: usize, step: &Step, checked: &mut Checked) -> Option<Change> {
    let path = format!("steps[{at}]");
    let number = |name: &str| step.argument(name).and_then(Value::as_f64);
    let mut fault = |headline: &str, help: &str| {
        checked.finding(
            Finding::new(path.as_str(), codes::STRUCTURE, headline, "this step").help(help),
        );
        None
    };
    let amount = || match (step.argument("atoms"), number("share")) {
        (Some(atoms), None) => atoms
            .as_integer()
            .map(|atoms| Amount::Count(atoms as usize)),
        (None, Some(share)) => Some(Amount::Fraction(share)),
        _ => None,
    };
    const AMOUNT: &str = "write how many, like `atoms 2`, or which part, like `share 5 %`";
    Some(match step.verb.name {
        "primitive" => Change::Primitive,
        "conventional" => Change::Conventional,
        "reduce" => Change::Reduced,
        "supercell" => {
            let repeats = step.argument("repeats").map(matrix);
            let atoms = step.argument("atoms").and_then(Value::as_integer);
            match (repeats, atoms, number("height")) {
                (Some(Some(matrix)), None, None) => Change::Supercell(Size::Matrix(matrix)),
                (Some(None), None, None) => {
                    return fault(
                        "a supercell has three numbers, or three rows of three",
                        "write it like `supercell [2, 2, 2]` or `supercell [[1, 1, 0], [-1, 1, 0], [0, 0, 1]]`",
                    );
                }
                (None, Some(atoms), None) => Change::Supercell(Size::Atoms(atoms as usize)),
                (None, None, Some(height)) => Change::Supercell(Size::Height(height)),
                _ => {
                    return fault(
                        "a supercell has one size",
                        "write `supercell [2, 2, 2]`, `supercell atoms 200` or `supercell height 12 Å`",
                    );
                }
            }
        }
        "strain" => {
            let given = step.argument("amount")?;
            match (given.as_f64(), given.as_list()) {
                (Some(amount), _) => Change::Strain([amount, amount, amount, 0.0, 0.0, 0.0]),
                (None, Some(list)) => {
                    let numbers: Vec<f64> = list.iter().filter_map(Value::as_f64).collect();
                    match <[f64; 6]>::try_from(numbers) {
                        Ok(voigt) => Change::Strain(voigt),
                        Err(_) => {
                            return fault(
                                "a strain has one number or six",
                                "write xx, yy, zz, yz, xz and xy: `strain [1 %, 0, 0, 0, 0, 0]`",
                            );
                        }
                    }
                }
                _ => return None,
            }
        }
        "rattle" => Change::Rattle(number("deviation")?),
        "substitute" => {
            let Some(amount) = amount() else {
                return fault("it is open how many atoms are substituted", AMOUNT);
            };
            Change::Substitute {
                from: step.argument("from")?.as_element()?,
                to: step.argument("to")?.as_element()?,
                amount,
            }
        }
        "vacancy" => {
            let Some(amount) = amount() else {
                return fault("it is open how many atoms are taken away", AMOUNT);
            };
            Change::Vacancies {
                of: step.argument("of")?.as_element()?,
                amount,
            }
        }
        "vacuum" => Change::Vacuum {
            axis: axis(step),
            height_ang: number("height")?,
        },
        _ => Change::Stack {
            others: node
                .input(&port_of_stack(at))
                .map(|other| sample(&other))
                .unwrap_or_default(),
            axis: axis(step),
            gap_ang: number("gap")?,
            mismatch: number("mismatch")?,
        },
    })
}

/// Three numbers as a diagonal, or three rows.
fn matrix(value: &Value) -> Option<[[i32; 3]; 3]> {
    let integers = |value: &Value| -> Option<[i32; 3]> {
        let numbers: Option<Vec<i32>> = value
            .as_list()?
            .iter()
            .map(|one| i32::try_from(one.as_integer()?).ok())
            .collect();
        numbers?.try_into().ok()
    };
    if let Some([x, y, z]) = integers(value) {
        return Some([[x, 0, 0], [0, y, 0], [0, 0, z]]);
    }
    let rows: Option<Vec<[i32; 3]>> = value.as_list()?.iter().map(integers).collect();
    rows?.try_into().ok()
}

/// Why a recipe gives nothing, at the step that is to blame.
pub(super) fn finding_of(error: &RecipeError) -> Finding {
    let path = error
        .change
        .map_or(String::new(), |at| format!("steps[{at}]"));
    let help = match &error.reason {
        Reason::Packing(PackingError::Jammed { .. }) => {
            "lower the density, or allow shorter distances with `closest`"
        }
        Reason::Packing(_) => "correct composition, `atoms` or `density`",
        Reason::Change(ChangeError::Supercell(..)) => {
            "exchange two rows, and use whole numbers whose rows are no multiples of one another"
        }
        Reason::Change(ChangeError::TooMany(_)) => "make the supercell smaller",
        Reason::Change(ChangeError::Strain(_)) => "a strain is a small fraction, like `2 %`",
        Reason::Change(ChangeError::NoElement(_)) => "name an element of the structure",
        Reason::Change(ChangeError::TooFew { .. }) => {
            "name fewer atoms, or make a supercell before this step"
        }
        Reason::Change(ChangeError::Mismatch { .. }) => {
            "make supercells whose lengths across agree, or allow more, like `mismatch 10 %`"
        }
        Reason::Change(_) => "leave some atoms",
        Reason::Symmetry(_) => "move the step before those that disturb the symmetry",
        Reason::PackedSymmetry => "leave the step out",
    };
    Finding::new(path, codes::STRUCTURE, error.to_string(), "here").help(help)
}

/// `Ba8 Ti8 O24`, for the heads of files.
pub(super) fn name(structure: &Structure) -> String {
    let parts: Vec<String> = structure
        .composition()
        .iter()
        .map(|(element, count)| format!("{element}{count}"))
        .collect();
    parts.join(" ")
}
