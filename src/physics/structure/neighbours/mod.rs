//! Who is near whom: Verlet lists from cells of bins, for any periodic cell and any cutoff.
//!
//! Images are atoms like others. A rebuild writes down every image that lies within the reach of the cell, sorted in
//! space; after that a neighbour is an index, a displacement is one subtraction, and a cell smaller than the cutoff
//! needs no special case: an atom may meet many images of another and of itself. Lists are full (each pair is seen
//! from both sides), so that what an atom feels is a sum in an order of its own, the same on any number of threads.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use thiserror::Error;

use super::cell::Cell;
use crate::physics::numerics::simd::{Kernel, Level, MOST_LANES, Vector, dispatch};

mod bins;
mod environment;
#[cfg(test)]
mod tests;

use bins::Bins;
pub use environment::Environment;
use environment::tag;

/// Atoms a unit of parallel work holds; part of the order of sums, and so of their last bits.
pub const CHUNK: usize = 64;
/// Images beyond which a list is refused: 32 bytes each, and a cutoff that meets so many is a slip.
const MOST_IMAGES: f64 = 5e7;
/// Where the atom sits that pads a list.
const OUT_OF_REACH_ANG: f64 = 1e10;

/// Why there is no list.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum NeighbourError {
    #[error("the position of atom {0} is not a finite number")]
    NotFinite(usize),
    #[error("a cutoff of {cutoff_ang} Å meets {images:.1e} images of the atoms of this cell")]
    TooManyImages { cutoff_ang: f64, images: f64 },
}

/// Neighbour lists of a set of atoms: everything within `cutoff + skin` of each when they were built.
#[derive(Debug, Clone, Default)]
pub struct Neighbours {
    cutoff_ang: f64,
    skin_ang: f64,
    /// What each atom is, for the potential; empty when all are alike.
    species: Vec<u8>,
    reference: Option<(Cell, Vec<[f64; 3]>)>,
    /// x, y, z and the tag of each image, sorted by bin; then some out of reach.
    images: Vec<[f64; 4]>,
    /// Atom and lattice translation of each image.
    owners: Vec<(u32, [i32; 3])>,
    /// Rank in space → atom, and → its image inside the cell.
    atoms: Vec<u32>,
    centres: Vec<u32>,
    /// Atom → rank.
    ranks: Vec<u32>,
    /// Lists of `CHUNK` ranks each.
    chunks: Vec<Lists>,
    rebuilds: usize,
    /// Told apart from every other build.
    build: u64,
}

/// How many lists have been built by anyone.
static BUILDS: AtomicU64 = AtomicU64::new(0);

/// The lists of successive ranks: `images[ends[k - 1]..ends[k]]`, padded to whole vectors with images out of
/// reach.
#[derive(Debug, Clone, Default)]
struct Lists {
    ends: Vec<u32>,
    images: Vec<u32>,
}

impl Neighbours {
    /// Lists that hold all pairs within `cutoff_ang` until something has moved by about half of `skin_ang`.
    pub fn new(cutoff_ang: f64, skin_ang: f64) -> Self {
        Neighbours {
            cutoff_ang,
            skin_ang,
            ..Neighbours::default()
        }
    }

    /// Lets every neighbour carry what it is: one entry an atom.
    pub fn with_species(mut self, species: Vec<u8>) -> Self {
        self.species = species;
        self
    }

    pub fn species(&self) -> &[u8] {
        &self.species
    }

    pub fn cutoff_ang(&self) -> f64 {
        self.cutoff_ang
    }

    /// Number of atoms of the list.
    pub fn len(&self) -> usize {
        self.atoms.len()
    }

    pub fn is_empty(&self) -> bool {
        self.atoms.is_empty()
    }

    /// How often the lists were built.
    pub fn rebuilds(&self) -> usize {
        self.rebuilds
    }

    /// Which build of any lists these are: whoever derives something from them can tell whether it still holds.
    pub(crate) fn build(&self) -> u64 {
        self.build
    }

    /// What is listed for the atom at a place in [`Neighbours::order`]: atoms, and nothing where the list is padded.
    pub(crate) fn listed_atoms(&self, rank: usize) -> impl Iterator<Item = Option<u32>> + '_ {
        let owners = &self.owners;
        self.list(rank)
            .iter()
            .map(|&image| owners.get(image as usize).map(|(atom, _)| *atom))
    }

    /// Listed neighbours of all atoms, those within the skin included.
    pub fn listed(&self) -> usize {
        let padding = self.owners.len() as u32;
        self.chunks
            .iter()
            .flat_map(|lists| &lists.images)
            .filter(|&&image| image < padding)
            .count()
    }

    /// The atoms in the order of the sorted images: neighbours in space are near in it.
    pub fn order(&self) -> &[u32] {
        &self.atoms
    }

    /// Where each atom stands in [`Neighbours::order`].
    pub fn ranks(&self) -> &[u32] {
        &self.ranks
    }

    /// Cell and positions for which the lists were built.
    pub fn reference(&self) -> Option<(Cell, &[[f64; 3]])> {
        self.reference
            .as_ref()
            .map(|(cell, positions)| (*cell, positions.as_slice()))
    }

    /// Makes the lists valid for these positions, with as little work as that takes.
    pub fn update(
        &mut self,
        cell: &Cell,
        positions_ang: &[[f64; 3]],
    ) -> Result<(), NeighbourError> {
        if self.still_holds(cell, positions_ang) {
            self.refresh(cell, positions_ang);
            Ok(())
        } else {
            self.rebuild(cell, positions_ang)
        }
    }

    /// Every pair within the cutoff now was within `cutoff + skin` when the lists were built.
    ///
    /// With F the strain since then and u what atoms moved besides, a pair now at d was at F⁻¹ (d − Δu), so at most
    /// `‖F⁻¹‖ (cutoff + 2 max|u|)` away.
    fn still_holds(&self, cell: &Cell, positions_ang: &[[f64; 3]]) -> bool {
        let Some((old_cell, old_positions)) = &self.reference else {
            return false;
        };
        if old_positions.len() != positions_ang.len() {
            return false;
        }
        let reach = self.cutoff_ang + self.skin_ang;
        let (moved, stretch) = if old_cell == cell {
            (greatest(positions_ang, old_positions, |old| old), 1.0)
        } else {
            let strain = product(&old_cell.inverse(), &cell.rows_ang());
            let back = product(&cell.inverse(), &old_cell.rows_ang());
            let moved = greatest(positions_ang, old_positions, |old| times(old, &strain));
            (moved, 1.0 + distance_from_identity(&back))
        };
        // False for what is not a number.
        stretch * (self.cutoff_ang + 2.0 * moved.sqrt()) <= reach
    }

    /// Moves the images along with their atoms.
    fn refresh(&mut self, cell: &Cell, positions_ang: &[[f64; 3]]) {
        let rows = cell.rows_ang();
        self.images
            .par_iter_mut()
            .with_min_len(4096)
            .zip(&self.owners)
            .for_each(|(image, (atom, shift))| {
                let moved = translated(positions_ang[*atom as usize], shift, &rows);
                image[..3].copy_from_slice(&moved);
            });
    }

    /// Builds the lists anew.
    pub fn rebuild(
        &mut self,
        cell: &Cell,
        positions_ang: &[[f64; 3]],
    ) -> Result<(), NeighbourError> {
        if let Some(atom) = positions_ang
            .iter()
            .position(|p| p.iter().any(|x| !x.is_finite()))
        {
            self.reference = None;
            return Err(NeighbourError::NotFinite(atom));
        }
        let reach = self.cutoff_ang + self.skin_ang;
        // A hair more than the reach: an image on its edge must not be lost to rounding.
        let margins = cell
            .heights_ang()
            .map(|height| reach / height * (1.0 + 1e-9) + 1e-9);
        let images =
            positions_ang.len() as f64 * margins.iter().map(|m| 1.0 + 2.0 * m).product::<f64>();
        if images > MOST_IMAGES {
            self.reference = None;
            return Err(NeighbourError::TooManyImages {
                cutoff_ang: reach,
                images,
            });
        }
        let bins = Bins::new(margins, images);
        let placed = self.place(cell, positions_ang, &bins);
        self.collect(&bins, &placed, reach);
        self.reference = Some((*cell, positions_ang.to_vec()));
        self.rebuilds += 1;
        self.build = BUILDS.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(())
    }

    /// Writes down the images within the margins, in the order of their bins.
    fn place(&mut self, cell: &Cell, positions_ang: &[[f64; 3]], bins: &Bins) -> Placed {
        let mut found: Vec<(u32, u32, [i32; 3], bool)> = Vec::new();
        for (atom, position) in positions_ang.iter().enumerate() {
            let fractional = cell.to_fractional(*position);
            let floor = fractional.map(f64::floor);
            let inside: [f64; 3] = std::array::from_fn(|k| fractional[k] - floor[k]);
            let range = |axis: usize| {
                let margin = bins.margins[axis];
                let first = (-margin - inside[axis]).ceil() as i32;
                let last = (1.0 + margin - inside[axis]).floor() as i32;
                first..=last
            };
            for i in range(0) {
                for j in range(1) {
                    for k in range(2) {
                        let cells = [i, j, k];
                        let at = std::array::from_fn(|axis| inside[axis] + f64::from(cells[axis]));
                        let shift = std::array::from_fn(|axis| cells[axis] - floor[axis] as i32);
                        found.push((bins.of(at), atom as u32, shift, cells == [0; 3]));
                    }
                }
            }
        }
        // A counting sort keeps atoms in their order within a bin.
        let mut next = vec![0u32; bins.count() + 1];
        for (bin, ..) in &found {
            next[*bin as usize + 1] += 1;
        }
        for bin in 0..bins.count() {
            next[bin + 1] += next[bin];
        }
        self.owners.clear();
        self.owners.resize(found.len(), (0, [0; 3]));
        let mut home = vec![false; found.len()];
        for (bin, atom, shift, own) in &found {
            let slot = next[*bin as usize] as usize;
            next[*bin as usize] += 1;
            self.owners[slot] = (*atom, *shift);
            home[slot] = *own;
        }
        let rows = cell.rows_ang();
        self.images.clear();
        self.images.extend(self.owners.iter().map(|(atom, shift)| {
            let atom = *atom as usize;
            let [x, y, z] = translated(positions_ang[atom], shift, &rows);
            [
                x,
                y,
                z,
                tag(atom, self.species.get(atom).copied().unwrap_or(0)),
            ]
        }));
        let beyond = [OUT_OF_REACH_ANG, OUT_OF_REACH_ANG, OUT_OF_REACH_ANG, 0.0];
        self.images.resize(self.owners.len() + MOST_LANES, beyond);
        self.centres.clear();
        self.centres
            .extend((0..found.len() as u32).filter(|&image| home[image as usize]));
        self.atoms.clear();
        self.atoms.extend(
            self.centres
                .iter()
                .map(|&image| self.owners[image as usize].0),
        );
        self.ranks.resize(self.atoms.len(), 0);
        for (rank, &atom) in self.atoms.iter().enumerate() {
            self.ranks[atom as usize] = rank as u32;
        }
        let bins_of_centres = found.iter().filter(|image| image.3).map(|image| image.0);
        let mut homes: Vec<u32> = bins_of_centres.collect();
        homes.sort_unstable();
        Placed { ends: next, homes }
    }

    /// Lists the images within reach of every atom.
    fn collect(&mut self, bins: &Bins, placed: &Placed, reach_ang: f64) {
        let (images, centres) = (&self.images, &self.centres);
        self.chunks
            .resize_with(centres.len().div_ceil(CHUNK), Lists::default);
        self.chunks
            .par_iter_mut()
            .enumerate()
            .for_each(|(chunk, lists)| {
                let first = chunk * CHUNK;
                let ranks = first..(first + CHUNK).min(centres.len());
                let collect = Collect {
                    images,
                    centres,
                    bins,
                    placed,
                    ranks,
                    reach_ang,
                    lists,
                };
                dispatch(Level::detect(), collect);
            });
    }

    /// Finds the neighbours of `atom` within `cutoff_ang`, which must not pass the cutoff of the lists.
    pub fn environment(&self, atom: usize, cutoff_ang: f64, out: &mut Environment) {
        debug_assert!(cutoff_ang <= self.cutoff_ang);
        let rank = self.ranks[atom] as usize;
        dispatch(
            Level::detect(),
            Gather {
                neighbours: self,
                rank,
                cutoff_ang,
                out,
            },
        );
    }

    /// The same inside a kernel, for the atom at a place in [`Neighbours::order`]. Gives the least squared distance.
    #[inline(always)]
    pub(crate) fn gather<V: Vector>(
        &self,
        rank: usize,
        cutoff_ang: f64,
        out: &mut Environment,
    ) -> f64 {
        let centre = self.centres[rank] as usize;
        out.gather::<V>(
            &self.images,
            centre,
            self.list(rank),
            cutoff_ang * cutoff_ang,
        )
    }

    /// The same, with the place in the list of each neighbour that is taken in.
    #[inline(always)]
    pub(crate) fn gather_listed<V: Vector>(
        &self,
        rank: usize,
        cutoff_ang: f64,
        out: &mut Environment,
        listed: &mut Vec<u32>,
    ) -> f64 {
        let centre = self.centres[rank] as usize;
        let (images, list) = (&self.images, self.list(rank));
        out.gather_listed::<V>(images, centre, list, cutoff_ang * cutoff_ang, listed)
    }

    fn list(&self, rank: usize) -> &[u32] {
        let (lists, k) = (&self.chunks[rank / CHUNK], rank % CHUNK);
        let start = if k == 0 { 0 } else { lists.ends[k - 1] };
        &lists.images[start as usize..lists.ends[k] as usize]
    }
}

/// Where the images of each bin end, and the bin of each atom by rank.
struct Placed {
    ends: Vec<u32>,
    homes: Vec<u32>,
}

struct Gather<'a> {
    neighbours: &'a Neighbours,
    rank: usize,
    cutoff_ang: f64,
    out: &'a mut Environment,
}

impl Kernel for Gather<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(self) {
        self.neighbours
            .gather::<V>(self.rank, self.cutoff_ang, self.out);
    }
}

/// Lists what is within reach of the atoms of a chunk.
struct Collect<'a> {
    images: &'a [[f64; 4]],
    centres: &'a [u32],
    bins: &'a Bins,
    placed: &'a Placed,
    ranks: Range<usize>,
    reach_ang: f64,
    lists: &'a mut Lists,
}

impl Kernel for Collect<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(self) {
        let Collect {
            images,
            centres,
            bins,
            placed,
            ranks,
            reach_ang,
            lists,
        } = self;
        let reach2 = V::splat(reach_ang * reach_ang);
        lists.ends.clear();
        let mut count = 0;
        for rank in ranks {
            let centre = centres[rank];
            let [x, y, z, _] = images[centre as usize];
            let (x, y, z) = (V::splat(x), V::splat(y), V::splat(z));
            for bins in bins.rows_around(placed.homes[rank]) {
                let start = if bins.start == 0 {
                    0
                } else {
                    placed.ends[bins.start - 1]
                };
                let end = placed.ends[bins.end - 1];
                for first in (start..end).step_by(V::LANES) {
                    // The images are followed by as many out of reach as a vector holds.
                    let [u, v, w, _] = V::run(&images[first as usize..]);
                    let (dx, dy, dz) = (u - x, v - y, w - z);
                    let r2 = dz.mul_add(dz, dy.mul_add(dy, dx * dx));
                    let mut near = V::bits(r2.less(reach2));
                    let left = (end - first) as usize;
                    if left < V::LANES {
                        near &= (1 << left) - 1;
                    }
                    let own = centre.wrapping_sub(first);
                    if own < V::LANES as u32 {
                        near &= !(1 << own);
                    }
                    if lists.images.len() < count + MOST_LANES {
                        lists.images.resize(2 * count + 64 * MOST_LANES, 0);
                    }
                    count += V::write_indices(near, first, &mut lists.images[count..]);
                }
            }
            // Full vectors: what is written behind the last one is out of reach.
            let padded = count.next_multiple_of(MOST_LANES);
            if lists.images.len() < padded {
                lists.images.resize(padded, 0);
            }
            lists.images[count..padded].fill(images.len() as u32 - 1);
            count = padded;
            lists.ends.push(padded as u32);
        }
        lists.images.truncate(count);
    }
}

type Matrix = [[f64; 3]; 3];

fn translated(position: [f64; 3], shift: &[i32; 3], rows: &Matrix) -> [f64; 3] {
    let [i, j, k] = shift.map(f64::from);
    std::array::from_fn(|axis| {
        position[axis] + (i * rows[0][axis] + j * rows[1][axis] + k * rows[2][axis])
    })
}

fn times(row: [f64; 3], matrix: &Matrix) -> [f64; 3] {
    std::array::from_fn(|k| row[0] * matrix[0][k] + row[1] * matrix[1][k] + row[2] * matrix[2][k])
}

fn product(left: &Matrix, right: &Matrix) -> Matrix {
    left.map(|row| times(row, right))
}

/// Frobenius norm of `matrix − 1`, which bounds how far it stretches anything.
fn distance_from_identity(matrix: &Matrix) -> f64 {
    let mut sum = 0.0;
    for (i, row) in matrix.iter().enumerate() {
        for (j, x) in row.iter().enumerate() {
            sum += (x - f64::from(u8::from(i == j))).powi(2);
        }
    }
    sum.sqrt()
}

/// The greatest squared distance of a position from where `place` says that it was; NaN if there is one.
fn greatest(
    positions: &[[f64; 3]],
    old: &[[f64; 3]],
    place: impl Fn([f64; 3]) -> [f64; 3] + Sync,
) -> f64 {
    let squared = |(position, old): (&[f64; 3], &[f64; 3])| {
        let was = place(*old);
        let [x, y, z]: [f64; 3] = std::array::from_fn(|k| position[k] - was[k]);
        x * x + y * y + z * z
    };
    let worse = |a: f64, b: f64| if a >= b || a.is_nan() { a } else { b };
    positions
        .par_iter()
        .with_min_len(4096)
        .zip(old)
        .map(squared)
        .reduce(|| 0.0, worse)
}
