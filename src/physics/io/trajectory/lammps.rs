//! Dumps of LAMMPS in text form: the styles `atom` and `custom`, whatever columns they have, orthogonal, restricted and
//! general triclinic boxes (LAMMPS manual, `dump` and "Triclinic simulation boxes").

use std::io::{self, Read, Write};
use std::sync::Arc;

use super::lines::{Lines, Words, no_number, shown};
use super::{Frames, LammpsUnits, ReadOptions, Snapshot, TrajectoryError};
use crate::base::Element;
use crate::physics::structure::Cell;

pub struct LammpsDump<R> {
    lines: Lines<R>,
    options: ReadOptions,
    /// Of the frame that is being read, from 1.
    frame: usize,
    ended: bool,
    units: LammpsUnits,
    /// The header of the columns as it was read last, and what it means.
    header: Vec<u8>,
    columns: Columns,
    atoms: Option<Atoms>,
    /// Whether each atom of this frame was found.
    found: Vec<bool>,
}

/// What identifies atoms throughout the file, in ascending order of their ids.
struct Atoms {
    /// Empty where the dump has no ids: atoms then go by their order.
    ids: Vec<i64>,
    labels: Vec<Label>,
    elements: Arc<[Element]>,
}

/// What a dump says an atom is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Type(i64),
    Element(Element),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Skipped,
    Id,
    Type,
    Symbol,
    Position(usize),
    Image(usize),
    Velocity(usize),
}

#[derive(Default)]
struct Columns {
    roles: Vec<Role>,
    scaled: bool,
    unwrapped: bool,
    images: bool,
    velocities: bool,
    ids: bool,
}

/// The box: its cell, and where its corner lies.
struct Bounds {
    cell: Cell,
    origin: [f64; 3],
}

/// One line of an atom.
#[derive(Clone, Copy)]
struct Row {
    id: i64,
    label: Label,
    position: [f64; 3],
    image: [i64; 3],
    velocity: [f64; 3],
}

impl<R: Read> LammpsDump<R> {
    pub fn new(from: R, options: ReadOptions) -> Self {
        LammpsDump {
            lines: Lines::new(from),
            units: options.units,
            options,
            frame: 0,
            ended: false,
            header: Vec::new(),
            columns: Columns::default(),
            atoms: None,
            found: Vec::new(),
        }
    }

    fn fault<T>(
        &self,
        problem: impl Into<String>,
        help: impl Into<String>,
    ) -> Result<T, TrajectoryError> {
        Err(TrajectoryError::new(self.frame, problem, help).at_line(self.lines.number))
    }

    fn no_number<T>(&self, what: &str, word: &[u8]) -> Result<T, TrajectoryError> {
        let (problem, help) = no_number(what, word);
        self.fault(problem, help)
    }

    /// The next line, copied; it must be there.
    fn line(&mut self) -> Result<Vec<u8>, TrajectoryError> {
        match self.lines.next() {
            Ok(Some(line)) => Ok(line.to_vec()),
            Ok(None) => Err(TrajectoryError::cut_off(self.frame).at_line(self.lines.number)),
            Err(error) => {
                Err(TrajectoryError::unreadable(self.frame, &error).at_line(self.lines.number))
            }
        }
    }

    fn whole(&mut self, what: &str) -> Result<i64, TrajectoryError> {
        let line = self.line()?;
        let mut words = Words(&line);
        match words.whole() {
            Ok(value) if words.word().is_none() => Ok(value),
            Ok(_) => self.no_number(what, &line),
            Err(word) => self.no_number(what, word),
        }
    }

    fn next(&mut self, frame: &mut Snapshot) -> Result<bool, TrajectoryError> {
        self.frame += 1;
        frame.step = None;
        frame.time_fs = None;
        let (mut count, mut bounds) = (None, None);
        let mut begun = false;
        loop {
            if !begun {
                match self.lines.next() {
                    Ok(None) => return Ok(false),
                    Ok(Some([])) => continue,
                    Ok(Some(line)) => {
                        begun = true;
                        let line = line.to_vec();
                        self.item(&line, frame, &mut count, &mut bounds)?;
                        continue;
                    }
                    Err(error) => {
                        let error = TrajectoryError::unreadable(self.frame, &error);
                        return Err(error.at_line(self.lines.number));
                    }
                }
            }
            let line = self.line()?;
            if let Some(columns) = line.strip_prefix(b"ITEM: ATOMS") {
                let (Some(count), Some(bounds)) = (count, bounds.take()) else {
                    return self.fault(
                        "the atoms come before their number and the box",
                        "write the dump with LAMMPS' own `dump` command",
                    );
                };
                self.atoms(columns, count, &bounds, frame)?;
                frame.cell = bounds.cell;
                break;
            }
            self.item(&line, frame, &mut count, &mut bounds)?;
        }
        if frame.time_fs.is_none()
            && let (Some(step), Some(step_fs)) = (frame.step, self.options.step_fs)
        {
            frame.time_fs = Some(step as f64 * step_fs);
        }
        Ok(true)
    }

    /// An item of the head of a frame.
    fn item(
        &mut self,
        line: &[u8],
        frame: &mut Snapshot,
        count: &mut Option<usize>,
        bounds: &mut Option<Bounds>,
    ) -> Result<(), TrajectoryError> {
        match line {
            b"ITEM: UNITS" => {
                let units = self.line()?;
                self.units = match &*units {
                    b"metal" => LammpsUnits::Metal,
                    b"real" => LammpsUnits::Real,
                    other => {
                        return self.fault(
                            format!("the dump is in units `{}`", shown(other)),
                            "dump a run in units `metal` or `real`, whose lengths are in Å",
                        );
                    }
                };
            }
            b"ITEM: TIME" => {
                let line = self.line()?;
                let time = match Words(&line).real() {
                    Ok(time) => time,
                    Err(word) => return self.no_number("the time", word),
                };
                frame.time_fs = Some(time * self.fs_in_unit());
            }
            b"ITEM: TIMESTEP" => {
                let step = self.whole("the step")?;
                frame.step = u64::try_from(step).ok();
            }
            b"ITEM: NUMBER OF ATOMS" => match usize::try_from(self.whole("the number of atoms")?) {
                Ok(0) | Err(_) => {
                    return self.fault("a frame has no atoms", "leave the frame out");
                }
                Ok(atoms) => *count = Some(atoms),
            },
            _ => match line.strip_prefix(b"ITEM: BOX BOUNDS") {
                Some(style) => *bounds = Some(self.bounds(style)?),
                None => {
                    return self.fault(
                        format!("`{}` is no item of a LAMMPS dump", shown(line)),
                        "each frame has the items TIMESTEP, NUMBER OF ATOMS, BOX BOUNDS and ATOMS; leave out what is \
                         damaged",
                    );
                }
            },
        }
        Ok(())
    }

    fn fs_in_unit(&self) -> f64 {
        match self.units {
            LammpsUnits::Metal => 1000.0,
            LammpsUnits::Real => 1.0,
        }
    }

    fn bounds(&mut self, style: &[u8]) -> Result<Bounds, TrajectoryError> {
        let words: Vec<&[u8]> = style
            .split(|byte| *byte <= b' ')
            .filter(|word| !word.is_empty())
            .collect();
        let (general, tilted) = match words.as_slice() {
            [b"abc", b"origin", ..] => (true, false),
            [b"xy", b"xz", b"yz", ..] => (false, true),
            _ => (false, false),
        };
        let boundaries = &words[if general {
            2
        } else if tilted {
            3
        } else {
            0
        }..];
        if let Some(open) = boundaries.iter().position(|word| *word != b"pp") {
            return self.fault(
                format!(
                    "the box is `{}` along {}: it does not repeat",
                    shown(boundaries[open]),
                    ["x", "y", "z"].get(open).unwrap_or(&"an axis")
                ),
                "atoms stand in a periodic cell here: dump a run with `boundary p p p`",
            );
        }
        let width = match (general, tilted) {
            (true, _) => 4,
            (_, true) => 3,
            _ => 2,
        };
        let mut rows = [[0.0; 4]; 3];
        for row in &mut rows {
            let line = self.line()?;
            let mut words = Words(&line);
            for value in &mut row[..width] {
                *value = match words.real() {
                    Ok(value) => value,
                    Err(word) => return self.no_number("a bound of the box", word),
                };
            }
            if words.word().is_some() {
                return self.fault(
                    format!("`{}` is more than the bounds of the box", shown(&line)),
                    "leave this frame out",
                );
            }
        }
        let (vectors, origin) = if general {
            (
                rows.map(|row| [row[0], row[1], row[2]]),
                rows.map(|row| row[3]),
            )
        } else {
            // What is written are the bounds of the tilted box as a whole: "xlo_bound = xlo + min(0, xy, xz, xy + xz)".
            let [xy, xz, yz] = if tilted {
                rows.map(|row| row[2])
            } else {
                [0.0; 3]
            };
            let lowest = [0.0f64.min(xy).min(xz).min(xy + xz), 0.0f64.min(yz), 0.0];
            let highest = [0.0f64.max(xy).max(xz).max(xy + xz), 0.0f64.max(yz), 0.0];
            let low: [f64; 3] = std::array::from_fn(|axis| rows[axis][0] - lowest[axis]);
            let edge: [f64; 3] =
                std::array::from_fn(|axis| rows[axis][1] - highest[axis] - low[axis]);
            (
                [[edge[0], 0.0, 0.0], [xy, edge[1], 0.0], [xz, yz, edge[2]]],
                low,
            )
        };
        match Cell::new(vectors) {
            Ok(cell) => Ok(Bounds { cell, origin }),
            Err(error) => self.fault(
                format!("the box is no cell: {error}"),
                "leave this frame out",
            ),
        }
    }

    /// What the columns mean.
    fn columns(&mut self, header: &[u8]) -> Result<(), TrajectoryError> {
        if header == self.header {
            return Ok(());
        }
        let names: Vec<&[u8]> = header
            .split(|byte| *byte <= b' ')
            .filter(|word| !word.is_empty())
            .collect();
        let has = |name: &[u8]| names.contains(&name);
        // Unwrapped positions say more than wrapped ones, plain ones lose fewer digits than scaled ones.
        let styles: [([&[u8]; 3], bool, bool); 4] = [
            ([b"xu", b"yu", b"zu"], false, true),
            ([b"xsu", b"ysu", b"zsu"], true, true),
            ([b"x", b"y", b"z"], false, false),
            ([b"xs", b"ys", b"zs"], true, false),
        ];
        let Some((axes, scaled, unwrapped)) = styles
            .iter()
            .find(|(axes, ..)| axes.iter().all(|name| has(name)))
        else {
            return self.fault(
                "the atoms have no positions",
                "dump the columns x y z, xs ys zs, xu yu zu or xsu ysu zsu, all three of them",
            );
        };
        if !has(b"element") && !has(b"type") {
            return self.fault(
                "the atoms have neither a type nor an element",
                "dump the column type, or element",
            );
        }
        let images = !unwrapped && [b"ix", b"iy", b"iz"].iter().all(|name| has(*name));
        let velocities = [b"vx", b"vy", b"vz"].iter().all(|name| has(*name));
        let symbols = has(b"element");
        let mut roles: Vec<Role> = Vec::new();
        for name in &names {
            let role = match *name {
                b"id" => Role::Id,
                b"type" if !symbols => Role::Type,
                b"element" => Role::Symbol,
                b"ix" | b"iy" | b"iz" if images => Role::Image(usize::from(name[1] - b'x')),
                b"vx" | b"vy" | b"vz" if velocities => Role::Velocity(usize::from(name[1] - b'x')),
                name => match axes.iter().position(|axis| *axis == name) {
                    Some(axis) => Role::Position(axis),
                    None => Role::Skipped,
                },
            };
            if role != Role::Skipped && roles.contains(&role) {
                return self.fault(
                    format!("there are two columns `{}`", shown(name)),
                    "leave one of them out",
                );
            }
            roles.push(role);
        }
        self.columns = Columns {
            scaled: *scaled,
            unwrapped: *unwrapped || images,
            images,
            velocities,
            ids: roles.contains(&Role::Id),
            roles,
        };
        header.clone_into(&mut self.header);
        Ok(())
    }

    fn atoms(
        &mut self,
        header: &[u8],
        count: usize,
        bounds: &Bounds,
        frame: &mut Snapshot,
    ) -> Result<(), TrajectoryError> {
        self.columns(header)?;
        if let Some(atoms) = &self.atoms {
            if atoms.labels.len() != count {
                return self.fault(
                    format!(
                        "the frame has {count} atoms, and the first frame has {}",
                        atoms.labels.len()
                    ),
                    "a trajectory has the same atoms throughout: dump a group that keeps its atoms, or cut the file here",
                );
            }
            if atoms.ids.is_empty() == self.columns.ids {
                return self.fault(
                    "some frames have atom ids and some have none",
                    "dump the column id in every frame",
                );
            }
        } else {
            self.first(count, bounds, frame)?;
            return Ok(());
        }
        frame.positions_ang.resize(count, [0.0; 3]);
        let velocities = if self.columns.velocities { count } else { 0 };
        frame.velocities_ang_per_fs.resize(velocities, [0.0; 3]);
        self.found.clear();
        self.found.resize(count, false);
        let per_fs = 1.0 / self.fs_in_unit();
        for line in 0..count {
            let row = self.row()?;
            let Some(atoms) = &self.atoms else { break };
            let at = match atoms.ids.as_slice() {
                [] => Some(line),
                // As a rule ids are 1 … n, or in the order of the first frame.
                ids => match usize::try_from(row.id - ids[0]) {
                    Ok(at) if ids.get(at) == Some(&row.id) => Some(at),
                    _ => ids.binary_search(&row.id).ok(),
                },
            };
            let Some(at) = at else {
                return self.fault(
                    format!("atom {} is not in the first frame", row.id),
                    "a trajectory has the same atoms throughout: dump a group that keeps its atoms",
                );
            };
            if std::mem::replace(&mut self.found[at], true) {
                return self.fault(
                    format!("atom {} is there twice in this frame", row.id),
                    "leave this frame out",
                );
            }
            if atoms.labels[at] != row.label {
                return self.changed(at, row);
            }
            frame.positions_ang[at] = place(&row, bounds, &self.columns);
            if let Some(velocity) = frame.velocities_ang_per_fs.get_mut(at) {
                *velocity = row.velocity.map(|v| v * per_fs);
            }
        }
        if let Some(atoms) = &self.atoms {
            frame.elements = Arc::clone(&atoms.elements);
        }
        frame.wrapped = !self.columns.unwrapped;
        frame.energy_ev = None;
        frame.unwrapped_ang.clear();
        Ok(())
    }

    fn changed<T>(&self, at: usize, row: Row) -> Result<T, TrajectoryError> {
        let name = |label: Label| match label {
            Label::Type(number) => format!("of type {number}"),
            Label::Element(element) => element.name().to_owned(),
        };
        let before = self.atoms.as_ref().map_or(row.label, |one| one.labels[at]);
        if self.columns.ids {
            self.fault(
                format!(
                    "atom {} was {} and is {} now",
                    row.id,
                    name(before),
                    name(row.label)
                ),
                "a trajectory has the same atoms throughout; cut the file here",
            )
        } else {
            self.fault(
                format!(
                    "atom {} of the frame was {} and is {} now",
                    at + 1,
                    name(before),
                    name(row.label)
                ),
                "LAMMPS writes atoms in any order: dump the column id, or use `dump_modify sort id`",
            )
        }
    }

    /// The first frame says which atoms there are.
    fn first(
        &mut self,
        count: usize,
        bounds: &Bounds,
        frame: &mut Snapshot,
    ) -> Result<(), TrajectoryError> {
        // No more is set aside at once than the lines that come: a number may be damaged.
        let mut rows: Vec<Row> = Vec::with_capacity(count.min(1 << 16));
        for _ in 0..count {
            rows.push(self.row()?);
        }
        let mut ids = Vec::new();
        if self.columns.ids {
            rows.sort_by_key(|row| row.id);
            if let Some(twice) = rows.windows(2).find(|pair| pair[0].id == pair[1].id) {
                return self.fault(
                    format!("atom {} is there twice in this frame", twice[0].id),
                    "leave this frame out",
                );
            }
            ids = rows.iter().map(|row| row.id).collect();
        }
        let labels: Vec<Label> = rows.iter().map(|row| row.label).collect();
        let elements = labels
            .iter()
            .map(|label| match label {
                Label::Element(element) => Ok(*element),
                Label::Type(number) => usize::try_from(*number - 1)
                    .ok()
                    .and_then(|at| self.options.types.get(at))
                    .copied()
                    .ok_or_else(|| self.unknown_type(*number, &labels)),
            })
            .collect::<Result<Arc<[Element]>, _>>()?;
        let per_fs = 1.0 / self.fs_in_unit();
        frame.positions_ang = rows
            .iter()
            .map(|row| place(row, bounds, &self.columns))
            .collect();
        frame.velocities_ang_per_fs = if self.columns.velocities {
            rows.iter()
                .map(|row| row.velocity.map(|v| v * per_fs))
                .collect()
        } else {
            Vec::new()
        };
        frame.wrapped = !self.columns.unwrapped;
        frame.unwrapped_ang.clear();
        frame.elements = Arc::clone(&elements);
        self.atoms = Some(Atoms {
            ids,
            labels,
            elements,
        });
        Ok(())
    }

    fn unknown_type(&self, number: i64, labels: &[Label]) -> TrajectoryError {
        let most = labels.iter().map(|label| match label {
            Label::Type(number) => *number,
            Label::Element(_) => 0,
        });
        let most = most.max().unwrap_or(1);
        let given = self.options.types.len();
        TrajectoryError::new(
            self.frame,
            if given == 0 {
                "the dump has atom types and no elements".to_owned()
            } else {
                format!("there are atoms of type {number}, and {given} elements are named")
            },
            format!("name the elements of types 1 to {most}, in order, or dump the column element"),
        )
    }

    #[inline]
    fn row(&mut self) -> Result<Row, TrajectoryError> {
        let line = match self.lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => {
                return Err(TrajectoryError::cut_off(self.frame).at_line(self.lines.number));
            }
            Err(error) => {
                let error = TrajectoryError::unreadable(self.frame, &error);
                return Err(error.at_line(self.lines.number));
            }
        };
        match parse(line, &self.columns.roles) {
            Ok(row) => Ok(row),
            Err((problem, help)) => self.fault(problem, help),
        }
    }
}

/// One line of an atom; the error is what is wrong and what to do.
#[inline]
fn parse(line: &[u8], roles: &[Role]) -> Result<Row, (String, &'static str)> {
    let mut row = Row {
        id: 0,
        label: Label::Type(0),
        position: [0.0; 3],
        image: [0; 3],
        velocity: [0.0; 3],
    };
    let mut words = Words(line);
    for role in roles {
        match *role {
            Role::Position(axis) => {
                row.position[axis] = words.real().map_err(|word| no_number("a position", word))?;
            }
            Role::Velocity(axis) => {
                row.velocity[axis] = words.real().map_err(|word| no_number("a velocity", word))?;
            }
            Role::Id => {
                row.id = words
                    .whole()
                    .map_err(|word| no_number("an atom id", word))?;
            }
            Role::Type => {
                let number = words.whole();
                row.label = Label::Type(number.map_err(|word| no_number("an atom type", word))?);
            }
            Role::Image(axis) => {
                row.image[axis] = words
                    .whole()
                    .map_err(|word| no_number("an image flag", word))?;
            }
            Role::Symbol => {
                let word = words.word().unwrap_or(b"");
                let element = std::str::from_utf8(word)
                    .ok()
                    .and_then(Element::from_symbol);
                row.label = Label::Element(element.ok_or_else(|| {
                    (
                        format!("`{}` is no element", shown(word)),
                        "name the elements with `dump_modify element`",
                    )
                })?);
            }
            Role::Skipped => {
                if words.word().is_none() {
                    return Err(no_number("a value", b""));
                }
            }
        }
    }
    if words.word().is_some() {
        return Err((
            "the line of an atom has more values than there are columns".into(),
            "leave this frame out",
        ));
    }
    Ok(row)
}

/// Where an atom is, from the corner of the box on.
#[inline]
fn place(row: &Row, bounds: &Bounds, columns: &Columns) -> [f64; 3] {
    let mut position = if columns.scaled {
        bounds.cell.to_cartesian(row.position)
    } else {
        std::array::from_fn(|axis| row.position[axis] - bounds.origin[axis])
    };
    if columns.images && row.image != [0; 3] {
        let moved = bounds
            .cell
            .to_cartesian(row.image.map(|cells| cells as f64));
        for axis in 0..3 {
            position[axis] += moved[axis];
        }
    }
    position
}

impl<R: Read> Frames for LammpsDump<R> {
    fn read(&mut self, frame: &mut Snapshot) -> Result<bool, TrajectoryError> {
        if self.ended {
            return Ok(false);
        }
        let read = self.next(frame);
        self.ended = !matches!(read, Ok(true));
        read
    }
}

/// Writes dumps in units `metal`, with elements and unwrapped positions where they are known so.
pub struct LammpsDumpWriter<W> {
    to: W,
}

impl<W: Write> LammpsDumpWriter<W> {
    pub fn new(to: W) -> Self {
        LammpsDumpWriter { to }
    }

    /// Cells that do not have `a` along x and `b` in the xy plane are turned with all that is in them.
    pub fn write(&mut self, frame: &Snapshot) -> io::Result<()> {
        let frame = frame.in_standard_orientation();
        let to = &mut self.to;
        writeln!(to, "ITEM: UNITS\nmetal")?;
        if let Some(time_fs) = frame.time_fs {
            writeln!(to, "ITEM: TIME\n{}", time_fs / 1000.0)?;
        }
        writeln!(to, "ITEM: TIMESTEP\n{}", frame.step.unwrap_or(0))?;
        writeln!(to, "ITEM: NUMBER OF ATOMS\n{}", frame.elements.len())?;
        let [[lx, ..], [xy, ly, _], [xz, yz, lz]] = frame.cell.rows_ang();
        if [xy, xz, yz] == [0.0; 3] {
            writeln!(
                to,
                "ITEM: BOX BOUNDS pp pp pp\n0 {lx:e}\n0 {ly:e}\n0 {lz:e}"
            )?;
        } else {
            let low = 0.0f64.min(xy).min(xz).min(xy + xz);
            let high = lx + 0.0f64.max(xy).max(xz).max(xy + xz);
            writeln!(to, "ITEM: BOX BOUNDS xy xz yz pp pp pp")?;
            writeln!(to, "{low:e} {high:e} {xy:e}")?;
            let (low, high) = (0.0f64.min(yz), ly + 0.0f64.max(yz));
            writeln!(to, "{low:e} {high:e} {xz:e}\n0 {lz:e} {yz:e}")?;
        }
        let positions = if frame.wrapped { "x y z" } else { "xu yu zu" };
        let velocities = if frame.velocities_ang_per_fs.is_empty() {
            ""
        } else {
            " vx vy vz"
        };
        let mut types: Vec<Element> = frame.elements.to_vec();
        types.sort_unstable();
        types.dedup();
        writeln!(to, "ITEM: ATOMS id type element {positions}{velocities}")?;
        for (at, ([x, y, z], element)) in frame
            .positions_ang
            .iter()
            .zip(frame.elements.iter())
            .enumerate()
        {
            let number = types.iter().position(|one| one == element).unwrap_or(0) + 1;
            write!(to, "{} {number} {element} {x} {y} {z}", at + 1)?;
            if let Some([vx, vy, vz]) = frame.velocities_ang_per_fs.get(at) {
                write!(to, " {} {} {}", vx * 1000.0, vy * 1000.0, vz * 1000.0)?;
            }
            writeln!(to)?;
        }
        Ok(())
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.to.flush()?;
        Ok(self.to)
    }
}
