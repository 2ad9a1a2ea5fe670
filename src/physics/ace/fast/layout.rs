//! In which order atoms are evaluated, and where the force of each pair is kept.

use super::LANES;
use crate::physics::structure::Neighbours;

/// Atoms in batches of one element, and who lists whom. An atom's energy pulls at all its neighbours; what it pulls
/// with is written to a slot of its own for each pair, and each atom then adds up its slots and those of others that
/// list it, in an order that no thread changes.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Which lists it is for.
    build: u64,
    pub batches: Vec<Batch>,
    /// Ranks of atoms in the order of the batches.
    pub ranks: Vec<u32>,
    /// Where the slots of each of these begin, and the end of all.
    pub starts: Vec<u32>,
    /// By atom: where in `incoming` the slots of others that list it begin, and the end.
    incoming_starts: Vec<u32>,
    incoming: Vec<u32>,
    /// By atom: its place in `ranks`.
    places: Vec<u32>,
}

/// Up to as many atoms of one element as are evaluated side by side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    pub centre: usize,
    /// Into `Layout::ranks`.
    pub first: usize,
    pub count: usize,
}

impl Layout {
    /// Makes it one for these lists; `centres` tells the element of each atom.
    pub fn update(&mut self, neighbours: &Neighbours, centres: &[u8]) {
        if self.build == neighbours.build() {
            return;
        }
        self.build = neighbours.build();
        let order = neighbours.order();
        let centre_of = |rank: u32| centres[order[rank as usize] as usize];
        self.ranks.clear();
        self.ranks.extend(0..order.len() as u32);
        self.ranks.sort_by_key(|&rank| centre_of(rank));
        self.batches.clear();
        let mut first = 0;
        for same in self.ranks.chunk_by(|&a, &b| centre_of(a) == centre_of(b)) {
            let centre = usize::from(centre_of(same[0]));
            for batch in same.chunks(LANES) {
                let count = batch.len();
                self.batches.push(Batch {
                    centre,
                    first,
                    count,
                });
                first += count;
            }
        }
        self.starts.clear();
        self.places.resize(order.len(), 0);
        let mut slot = 0;
        let mut counts = vec![0u32; order.len() + 1];
        for (place, &rank) in self.ranks.iter().enumerate() {
            self.starts.push(slot);
            self.places[order[rank as usize] as usize] = place as u32;
            for atom in neighbours.listed_atoms(rank as usize) {
                if let Some(atom) = atom {
                    counts[atom as usize + 1] += 1;
                }
                slot += 1;
            }
        }
        self.starts.push(slot);
        for atom in 0..order.len() {
            counts[atom + 1] += counts[atom];
        }
        self.incoming_starts.clone_from(&counts);
        self.incoming.resize(counts[order.len()] as usize, 0);
        let mut slot = 0;
        for &rank in &self.ranks {
            for atom in neighbours.listed_atoms(rank as usize) {
                if let Some(atom) = atom {
                    let next = &mut counts[atom as usize];
                    self.incoming[*next as usize] = slot;
                    *next += 1;
                }
                slot += 1;
            }
        }
    }

    pub fn slots(&self) -> usize {
        self.starts.last().map_or(0, |&end| end as usize)
    }

    /// Slots of others that list this atom.
    pub fn incoming(&self, atom: usize) -> &[u32] {
        let (start, end) = (self.incoming_starts[atom], self.incoming_starts[atom + 1]);
        &self.incoming[start as usize..end as usize]
    }

    /// Where the atom stands among the batches.
    pub fn place(&self, atom: usize) -> usize {
        self.places[atom] as usize
    }
}
