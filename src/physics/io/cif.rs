//! Crystallographic Information Files (Hall, Allen and Brown, Acta Cryst. A47, 655 (1991); syntax of CIF 1.1): cell,
//! symmetry and sites of each block that has atoms. Everything else in them is passed over.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::file_error::{clipped, number};
use super::{FileError, Frame, Info};
use crate::base::Element;
use crate::physics::structure::{
    Cell, CrystalError, Operation, Site, SpaceGroup, Structure, crystal,
};

/// Images of a site nearer than this are one atom, Å: coordinates are printed to four digits or more.
const MERGE_ANG: f64 = 0.05;

/// One configuration a block with atoms, its name in `info` under `name`.
pub fn read_cif(text: &str) -> Result<Vec<Frame>, FileError> {
    let blocks = blocks(text)?;
    let mut frames = Vec::new();
    for block in &blocks {
        if block.values.contains_key("_atom_site_fract_x") {
            let mut frame = Frame::from(structure(block)?);
            frame
                .info
                .insert("name".into(), Info::Text(block.name.to_owned()));
            frames.push(frame);
        }
    }
    if frames.is_empty() {
        let line = text.lines().count().max(1);
        return Err(FileError::new(
            line,
            "no block of the file has atoms",
            "sites are a loop with `_atom_site_fract_x`, `_atom_site_fract_y` and `_atom_site_fract_z`",
        ));
    }
    Ok(frames)
}

/// A value and the line it stands in.
type Token<'a> = (usize, Word<'a>);

#[derive(Clone, Copy)]
enum Word<'a> {
    /// Outside of quotes, where words can be tags and keywords.
    Bare(&'a str),
    /// In quotes, or a text between semicolons.
    Quoted(&'a str),
}

impl<'a> Word<'a> {
    /// None for `.` and `?`, which stand for nothing.
    fn value(self) -> Option<&'a str> {
        match self {
            Word::Bare("." | "?") => None,
            Word::Bare(text) | Word::Quoted(text) => Some(text),
        }
    }
}

struct Block<'a> {
    name: &'a str,
    line: usize,
    /// By tag in lower case, dots as underscores; a tag outside of loops has one value.
    values: BTreeMap<String, Vec<Token<'a>>>,
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, FileError> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let at_start = at == 0 || bytes[at - 1] == b'\n';
        match bytes[at] {
            b'\n' => {
                line += 1;
                at += 1;
            }
            byte if byte.is_ascii_whitespace() => at += 1,
            b'#' => at = text[at..].find('\n').map_or(bytes.len(), |end| at + end),
            b';' if at_start => {
                let body = &text[at + 1..];
                let Some(end) = body.find("\n;") else {
                    return Err(FileError::new(
                        line,
                        "this text has no end",
                        "close it with a line that begins with `;`",
                    ));
                };
                found.push((line, Word::Quoted(&body[..end])));
                line += body[..=end].matches('\n').count();
                at += 1 + end + 2;
            }
            quote @ (b'\'' | b'"') => {
                let body = &text[at + 1..];
                let end_of_line = body.find('\n').unwrap_or(body.len());
                // A quote ends a text only where space follows.
                let end =
                    body.as_bytes()[..end_of_line]
                        .iter()
                        .enumerate()
                        .position(|(i, byte)| {
                            *byte == quote
                                && body
                                    .as_bytes()
                                    .get(i + 1)
                                    .is_none_or(u8::is_ascii_whitespace)
                        });
                let Some(end) = end else {
                    return Err(FileError::new(
                        line,
                        format!(
                            "`{}` has no closing quote",
                            clipped(&text[at..at + 1 + end_of_line])
                        ),
                        "close the quote in the same line",
                    ));
                };
                found.push((line, Word::Quoted(&body[..end])));
                at += 1 + end + 1;
            }
            _ => {
                let rest = &text[at..];
                let end = rest
                    .find(|c: char| c.is_ascii_whitespace())
                    .unwrap_or(rest.len());
                found.push((line, Word::Bare(&rest[..end])));
                at += end;
            }
        }
    }
    Ok(found)
}

fn blocks(text: &str) -> Result<Vec<Block<'_>>, FileError> {
    let tokens = tokens(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let tag = |word: Word<'_>| match word {
        Word::Bare(text) if text.starts_with('_') => {
            Some(text.to_ascii_lowercase().replace('.', "_"))
        }
        _ => None,
    };
    let keyword = |word: Word<'_>, name: &str| match word {
        Word::Bare(text) => text
            .get(..name.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(name)),
        Word::Quoted(_) => false,
    };
    let is_value = |word| {
        tag(word).is_none()
            && !["data_", "loop_", "save_", "global_", "stop_"]
                .iter()
                .any(|name| keyword(word, name))
    };
    let mut at = 0;
    while at < tokens.len() {
        let (line, word) = tokens[at];
        at += 1;
        if keyword(word, "data_") {
            let Word::Bare(text) = word else { continue };
            blocks.push(Block {
                name: &text["data_".len()..],
                line,
                values: BTreeMap::new(),
            });
            continue;
        }
        let Some(block) = blocks.last_mut() else {
            return Err(FileError::new(
                line,
                "a CIF begins with `data_` and a name",
                "write a line like `data_BaTiO3` above it",
            ));
        };
        if keyword(word, "loop_") {
            let mut tags = Vec::new();
            while let Some((_, word)) = tokens.get(at)
                && let Some(tag) = tag(*word)
            {
                tags.push(tag);
                at += 1;
            }
            if tags.is_empty() {
                return Err(FileError::new(
                    line,
                    "a loop has no names",
                    "write its `_names`, one a line, after `loop_`",
                ));
            }
            let start = at;
            while tokens.get(at).is_some_and(|(_, word)| is_value(*word)) {
                at += 1;
            }
            let values = &tokens[start..at];
            if values.len() % tags.len() != 0 {
                let last = values.last().map_or(line, |(line, _)| *line);
                return Err(FileError::new(
                    last,
                    format!(
                        "the loop of `{}` has {} names and {} values, which make no whole rows",
                        clipped(&tags[0]),
                        tags.len(),
                        values.len()
                    ),
                    "give each row as many values as the loop has names; write `?` for one that is not known",
                ));
            }
            for (column, tag) in tags.iter().enumerate() {
                let own = values.iter().skip(column).step_by(tags.len()).copied();
                block.values.insert(tag.clone(), own.collect());
            }
        } else if let Some(tag) = tag(word) {
            match tokens.get(at) {
                Some((own, value)) if is_value(*value) => {
                    block.values.insert(tag, vec![(*own, *value)]);
                    at += 1;
                }
                _ => {
                    return Err(FileError::new(
                        line,
                        format!("`{}` has no value", clipped(&tag)),
                        "write its value after it, or `?`",
                    ));
                }
            }
        } else if is_value(word) {
            let text = match word {
                Word::Bare(text) | Word::Quoted(text) => text,
            };
            return Err(FileError::new(
                line,
                format!("`{}` belongs to no name", clipped(text)),
                "put a text of several words in quotes",
            ));
        }
    }
    Ok(blocks)
}

impl<'a> Block<'a> {
    /// The first value that one of these tags has.
    fn first(&self, tags: &[&str]) -> Option<(usize, &'a str)> {
        tags.iter().find_map(|tag| {
            let (line, word) = self.values.get(*tag)?.first()?;
            Some((*line, word.value()?))
        })
    }

    fn required(&self, tag: &str) -> Result<f64, FileError> {
        match self.first(&[tag]) {
            Some((line, text)) => measured(line, tag, text),
            None => Err(FileError::new(
                self.line,
                format!("data_{} has no `{tag}`", clipped(self.name)),
                "a cell has `_cell_length_a`, `_b`, `_c` in Å and `_cell_angle_alpha`, `_beta`, `_gamma` in degrees",
            )),
        }
    }
}

/// `4.006(2)`: a number with the uncertainty of its last digits.
fn measured(line: usize, what: &str, text: &str) -> Result<f64, FileError> {
    let value = match text.split_once('(') {
        Some((value, rest)) if rest.ends_with(')') => value,
        _ => text,
    };
    number(line, &format!("`{what}`"), value)
}

fn structure(block: &Block<'_>) -> Result<Structure, FileError> {
    let mut lengths = [0.0; 3];
    let mut angles = [0.0; 3];
    for axis in 0..3 {
        lengths[axis] =
            block.required(["_cell_length_a", "_cell_length_b", "_cell_length_c"][axis])?;
        angles[axis] =
            block.required(["_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma"][axis])?;
    }
    let cell_line = block
        .first(&["_cell_length_a"])
        .map_or(block.line, |(line, _)| line);
    let cell = Cell::from_parameters(lengths, angles).map_err(|error| {
        FileError::new(
            cell_line,
            error.to_string(),
            "correct the lengths (Å) and angles (degrees) of the cell",
        )
    })?;
    let (symmetry_line, operations) = symmetry(block, &cell)?;
    let sites = sites(block)?;
    if sites.is_empty() {
        return Err(FileError::new(
            block.line,
            format!("data_{} has no atoms", clipped(block.name)),
            "list its sites in a loop with `_atom_site_fract_x`, `_y` and `_z`",
        ));
    }
    let points: Vec<Site> = sites.iter().map(|(_, site)| *site).collect();
    crystal(cell, &operations, &points, MERGE_ANG).map_err(|error| match error {
        CrystalError::Cell => FileError::new(
            symmetry_line,
            format!(
                "a cell of {lengths:?} Å and {angles:?}° has not the symmetry that the file states"
            ),
            "correct the cell or the symmetry; if all atoms are listed, state `P 1`",
        ),
        CrystalError::Together { first, second, .. } => FileError::new(
            sites[second.max(first) - 1].0,
            error.to_string(),
            "remove one of the two sites; where they share a place by halves, the structure is disordered",
        ),
        CrystalError::TooMany(_) => FileError::new(
            symmetry_line,
            error.to_string(),
            "is this the file that you mean?",
        ),
    })
}

/// The operations that the file lists, else those of the group that it names, and where it does.
fn symmetry(block: &Block<'_>, cell: &Cell) -> Result<(usize, Vec<Operation>), FileError> {
    const LISTS: [&str; 2] = [
        "_space_group_symop_operation_xyz",
        "_symmetry_equiv_pos_as_xyz",
    ];
    const HALL: [&str; 2] = ["_space_group_name_hall", "_symmetry_space_group_name_hall"];
    const NAMES: [&str; 5] = [
        "_space_group_name_h-m_alt",
        "_space_group_name_h-m_full",
        "_symmetry_space_group_name_h-m",
        "_space_group_name_h-m",
        "_symmetry_space_group_name_h-m_full",
    ];
    const NUMBERS: [&str; 2] = ["_space_group_it_number", "_symmetry_int_tables_number"];
    for tag in LISTS {
        let listed: Vec<(usize, &str)> = block
            .values
            .get(tag)
            .into_iter()
            .flatten()
            .filter_map(|(line, word)| Some((*line, word.value()?)))
            .collect();
        if let Some((line, _)) = listed.first() {
            if listed.len() > 192 * 4 {
                return Err(FileError::new(
                    *line,
                    format!("there are {} symmetry operations", listed.len()),
                    "a space group has at most 192 in its cell",
                ));
            }
            let operations = listed
                .iter()
                .map(|(line, text)| {
                    Operation::parse(text).map_err(|error| {
                        FileError::new(*line, error.to_string(), "write it like `-y, x-y, z+1/3`")
                    })
                })
                .collect::<Result<_, _>>()?;
            return Ok((*line, operations));
        }
    }
    let hall = block.first(&HALL);
    let named = hall.or_else(|| block.first(&NAMES));
    let Some((line, text)) = named.or_else(|| block.first(&NUMBERS)) else {
        return Err(FileError::new(
            block.line,
            format!("data_{} states no symmetry", clipped(block.name)),
            "add `_symmetry_space_group_name_H-M 'P 1'` if all atoms of the cell are listed",
        ));
    };
    let group = SpaceGroup::from_symbol(text).map_err(|error| {
        FileError::new(
            line,
            error.to_string(),
            "list the operations with `_space_group_symop_operation_xyz`, or name the group like 'P m -3 m'",
        )
    })?;
    if hall.is_none() && !text.contains(':') && group.has_two_origins() {
        return Err(FileError::new(
            line,
            format!("{group} has two origins, and the file does not say which"),
            "add `:1` or `:2` to the symbol, or list the operations with `_space_group_symop_operation_xyz`",
        ));
    }
    let [alpha, beta, gamma] = cell.angles_deg();
    let rhombohedral = (alpha - beta).abs() < 0.01 && (beta - gamma).abs() < 0.01;
    let group = match group.on_rhombohedral_axes() {
        Some(own) if rhombohedral && !text.contains(':') && hall.is_none() => own,
        _ => group,
    };
    Ok((line, group.operations()))
}

/// Sites with their lines.
fn sites(block: &Block<'_>) -> Result<Vec<(usize, Site)>, FileError> {
    let column = |tag: &str| block.values.get(tag).map_or(&[][..], Vec::as_slice);
    let coordinates = ["x", "y", "z"].map(|axis| column(&format!("_atom_site_fract_{axis}")));
    let types = column("_atom_site_type_symbol");
    let labels = column("_atom_site_label");
    let occupancies = column("_atom_site_occupancy");
    let flags = column("_atom_site_calc_flag");
    let mut sites = Vec::new();
    for at in 0..coordinates[0].len() {
        let line = coordinates[0][at].0;
        let text = |column: &[Token<'_>]| {
            column
                .get(at)
                .and_then(|(_, word)| word.value().map(str::to_owned))
        };
        if text(flags).is_some_and(|flag| flag == "dum") {
            continue;
        }
        let name = text(labels)
            .or_else(|| text(types))
            .unwrap_or_else(|| format!("{}", at + 1));
        let mut fractional = [0.0; 3];
        for axis in 0..3 {
            let Some(own) = text(coordinates[axis]) else {
                return Err(FileError::new(
                    line,
                    format!("site {} has not three coordinates", clipped(&name)),
                    "give its `_atom_site_fract_x`, `_y` and `_z`, or remove the site",
                ));
            };
            fractional[axis] = measured(line, &format!("coordinate of site {name}"), &own)?;
            if fractional[axis].abs() > 1e3 {
                return Err(FileError::new(
                    line,
                    format!("site {} lies {own} cells from the origin", clipped(&name)),
                    "coordinates are fractions of the cell",
                ));
            }
        }
        if let Some(own) = text(occupancies) {
            let occupancy = measured(line, &format!("occupancy of site {name}"), &own)?;
            if (occupancy - 1.0).abs() > 1e-3 {
                return Err(FileError::new(
                    line,
                    format!(
                        "site {} is occupied to {own}, and atoms are whole",
                        clipped(&name)
                    ),
                    "make an ordered model: occupy each site fully or remove it, in a supercell if need be",
                ));
            }
        }
        let symbol = text(types).or_else(|| text(labels)).unwrap_or_default();
        let Some(element) = element_of(&symbol) else {
            return Err(FileError::new(
                line,
                format!(
                    "site {} has no element: `{}`",
                    clipped(&name),
                    clipped(&symbol)
                ),
                "give the element in `_atom_site_type_symbol`, like Ba or Ba2+",
            ));
        };
        sites.push((
            line,
            Site {
                element,
                fractional,
            },
        ));
    }
    Ok(sites)
}

/// `Ba`, `Ba2+`, `BA1`, `O3A`: the letters that an element begins with.
fn element_of(symbol: &str) -> Option<Element> {
    let mut letters = symbol.chars().take_while(char::is_ascii_alphabetic);
    let first = letters.next()?.to_ascii_uppercase();
    letters
        .next()
        .and_then(|second| Element::from_symbol(&format!("{first}{}", second.to_ascii_lowercase())))
        .or_else(|| Element::from_symbol(&first.to_string()))
}

/// All atoms of the cell in P 1. The cell is given by lengths and angles, so its orientation is not kept.
pub fn write_cif(name: &str, structure: &Structure) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() { c } else { '_' })
        .collect();
    let mut out = format!(
        "data_{}\n",
        if plain.is_empty() {
            "structure"
        } else {
            &plain
        }
    );
    let sum: Vec<String> = structure
        .composition()
        .iter()
        .map(|(element, count)| format!("{element}{count}"))
        .collect();
    let _ = writeln!(out, "_chemical_formula_sum '{}'", sum.join(" "));
    for (axis, length) in ["a", "b", "c"].iter().zip(structure.cell.lengths_ang()) {
        let _ = writeln!(out, "_cell_length_{axis} {length:?}");
    }
    for (axis, angle) in ["alpha", "beta", "gamma"]
        .iter()
        .zip(structure.cell.angles_deg())
    {
        let _ = writeln!(out, "_cell_angle_{axis} {angle:?}");
    }
    out.push_str(
        "_symmetry_space_group_name_H-M 'P 1'\n_symmetry_Int_Tables_number 1\nloop_\n_symmetry_equiv_pos_as_xyz\n\
         'x,y,z'\nloop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n\
         _atom_site_fract_z\n_atom_site_occupancy\n",
    );
    let mut counts: BTreeMap<Element, usize> = BTreeMap::new();
    for (element, position) in structure.elements.iter().zip(&structure.positions_ang) {
        let count = counts.entry(*element).or_insert(0);
        *count += 1;
        let [x, y, z] = structure.cell.to_fractional(*position);
        let _ = writeln!(out, "{element}{count} {element} {x:.12} {y:.12} {z:.12} 1");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physics::structure::Symmetry;

    const RUTILE: &str = "data_rutile\n_cell_length_a 4.593(1)\n_cell_length_b 4.593(1)\n_cell_length_c 2.959\n\
        _cell_angle_alpha 90\n_cell_angle_beta 90.0(1)\n_cell_angle_gamma 90\n\
        _symmetry_space_group_name_H-M 'P 42/m n m'\n\
        _publ_section_title\n;\n A text with loop_ and _tags and 'quotes\n;\n\
        loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\n\
        Ti1 0 0 0 1\nO1 0.3051(2) 0.3051(2) 0 1.0 # the anion\n";

    fn one(text: &str) -> Structure {
        let mut frames = read_cif(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(frames.len(), 1);
        frames.remove(0).structure
    }

    fn group(structure: &Structure) -> u8 {
        Symmetry::of(structure, 1e-3).unwrap().group.number()
    }

    #[test]
    fn sites_become_crystals_by_name_number_or_operations() {
        let named = one(RUTILE);
        assert_eq!((named.len(), group(&named)), (6, 136));
        let name = "_symmetry_space_group_name_H-M 'P 42/m n m'";
        for other in [
            "_space_group_IT_number 136",
            "_space_group_name_Hall '-P 4n 2n'",
            "loop_\n_space_group_symop_id\n_space_group_symop_operation_xyz\n1 'x, y, z'\n2 '-x,-y,-z'\n\
             3 '-x,-y,z'\n4 'x,y,-z'\n5 '-y+1/2,x+1/2,z+1/2'\n6 'y+1/2,-x+1/2,-z+1/2'\n\
             7 'y+1/2,-x+1/2,z+1/2'\n8 '-y+1/2,x+1/2,-z+1/2'\n9 '1/2-x,1/2+y,1/2-z'\n10 '1/2+x,1/2-y,1/2+z'\n\
             11 '1/2+x,1/2-y,1/2-z'\n12 '1/2-x,1/2+y,1/2+z'\n13 'y,x,-z'\n14 '-y,-x,z'\n15 '-y,-x,-z'\n16 'y,x,z'",
        ] {
            let built = one(&RUTILE.replace(name, other));
            assert_eq!((built.len(), group(&built)), (6, 136), "{other}");
            assert!((built.density_g_per_cm3() - 4.2493).abs() < 1e-3);
        }
    }

    #[test]
    fn cells_on_rhombohedral_axes_are_known_by_their_angles() {
        // Corundum with its rhombohedral cell: Al at (x, x, x), O at (x, 1/2 − x, 1/4).
        let text = "data_x\n_cell_length_a 5.128\n_cell_length_b 5.128\n_cell_length_c 5.128\n\
            _cell_angle_alpha 55.28\n_cell_angle_beta 55.28\n_cell_angle_gamma 55.28\n\
            _symmetry_space_group_name_H-M 'R -3 c'\nloop_\n_atom_site_type_symbol\n_atom_site_fract_x\n\
            _atom_site_fract_y\n_atom_site_fract_z\nAl3+ 0.3520 0.3520 0.3520\nO2- 0.5560 0.9440 0.25\n";
        let corundum = one(text);
        assert_eq!((corundum.len(), group(&corundum)), (10, 167));
    }

    #[test]
    fn what_cannot_be_a_structure_is_refused_with_line_and_reason() {
        for (part, instead, line, problem) in [
            ("Ti1 0 0 0 1", "Ti1 0 0 0 0.5", 19, "occupied to 0.5"),
            ("Ti1 0 0 0 1", "Xx1 0 0 0 1", 19, "no element"),
            ("Ti1 0 0 0 1", "Ti1 0 0 ? 1", 19, "not three coordinates"),
            ("Ti1 0 0 0 1", "Ti1 0 0 nan 1", 19, "no finite number"),
            ("Ti1 0 0 0 1", "Ti1 0 0 0", 20, "no whole rows"),
            ("P 42/m n m", "P 42/m x x", 8, "no symbol"),
            ("P 42/m n m", "P m -3 m", 8, "has not the symmetry"),
            ("P 42/m n m", "I 41/a m d", 8, "two origins"),
            ("'P 42/m n m'", "?", 1, "states no symmetry"),
            ("_cell_length_c 2.959\n", "", 1, "no `_cell_length_c`"),
            (
                "_cell_length_c 2.959",
                "_cell_length_c wide",
                4,
                "no number",
            ),
            (
                "_cell_angle_gamma 90",
                "_cell_angle_gamma 270",
                2,
                "close no cell",
            ),
            ("'quotes\n;", "'quotes\n", 10, "no end"),
            ("'P 42/m n m'", "'P 42/m n m", 8, "no closing quote"),
            (
                "O1 0.3051(2) 0.3051(2) 0",
                "O1 0.001 0 0",
                20,
                "one upon the other",
            ),
            ("data_rutile\n", "", 1, "begins with `data_`"),
            ("fract_x\n", "Cartn_x\n", 20, "no block"),
        ] {
            let text = RUTILE.replacen(part, instead, 1);
            assert_ne!(text, RUTILE, "{part}");
            match read_cif(&text) {
                Err(error) => {
                    assert!(
                        error.problem.contains(problem),
                        "{part} → {instead}: {error}"
                    );
                    assert_eq!(error.line, line, "{error}");
                }
                Ok(frames) => panic!("{part} → {instead}: {frames:?}"),
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let rutile = one(RUTILE);
        let again = one(&write_cif("rutile, again", &rutile));
        assert_eq!(again.elements, rutile.elements);
        for (one, other) in rutile.positions_ang.iter().zip(&again.positions_ang) {
            assert!((0..3).all(|k| (one[k] - other[k]).abs() < 1e-10));
        }
    }

    /// Groups, atoms and densities of the literature, as `README.md` of the files states them.
    #[test]
    fn published_files_have_their_groups_and_densities() {
        let Ok(folder) = std::env::var("SYNTH_REFERENCE_DATA") else {
            eprintln!("skipped: no reference data");
            return;
        };
        for (file, number, atoms, density) in [
            ("BaO_rocksalt", 225, 8, 6.045),
            ("BaTiO3_cubic_COD2100862", 221, 5, 6.024),
            ("Ba_bcc", 229, 2, 3.5944),
            ("TiO2_anatase", 141, 12, 3.8934),
            ("TiO2_rutile", 136, 6, 4.2491),
            ("Ti_hcp", 194, 2, 4.5013),
        ] {
            let path = format!("{folder}/cif/{file}.cif");
            let built = one(&std::fs::read_to_string(path).expect("the file"));
            assert_eq!((group(&built), built.len()), (number, atoms), "{file}");
            assert!(
                (built.density_g_per_cm3() / density - 1.0).abs() < 5e-4,
                "{file}: {}",
                built.density_g_per_cm3()
            );
        }
    }
}
