//! Potentials of every kind with coefficients at random, and structures to evaluate them in.

use crate::base::Element;
use crate::physics::ace::{
    Basis, BasisFunction, Bond, CoreRepulsion, DensityTerm, Embedding, EmbeddingForm, Factor,
    InnerCutoff, Interactions, RadialBasis, Site, Switch, independent_couplings,
};
use crate::physics::numerics::Stream;
use crate::physics::structure::{Cell, Structure};

/// What a potential is made of.
#[derive(Debug, Clone)]
pub struct Spec {
    pub radial: RadialBasis,
    pub inner: InnerCutoff,
    pub form: EmbeddingForm,
    pub elements: Vec<&'static str>,
    pub densities: usize,
    pub most_rank: usize,
}

/// The bases whose functions follow from a name.
pub fn bases() -> [RadialBasis; 4] {
    [
        RadialBasis::ChebExpCos { lambda: 4.0 },
        RadialBasis::ChebPow { lambda: 2.0 },
        RadialBasis::ChebLinear,
        RadialBasis::SphericalBessel,
    ]
}

/// Every radial basis with every core repulsion and every embedding; one to four elements, one to three densities and
/// ranks up to five fall on them in turns, so that each basis meets each.
pub fn every_combination() -> Vec<Spec> {
    const ELEMENTS: [&str; 4] = ["Al", "Ba", "O", "Ti"];
    let mut all = Vec::new();
    for (b, radial) in bases().into_iter().enumerate() {
        for (i, inner) in InnerCutoff::ALL.into_iter().enumerate() {
            for (f, form) in EmbeddingForm::ALL.into_iter().enumerate() {
                let turn = 2 * i + f;
                all.push(Spec {
                    radial: radial.clone(),
                    inner,
                    form,
                    elements: ELEMENTS[..=(turn + b) % 4].to_vec(),
                    densities: 1 + (turn + b) % 3,
                    most_rank: 5 - turn % 3,
                });
            }
        }
    }
    all
}

impl Spec {
    /// As in `ChebPow density FinnisSinclair, 2 elements, 3 densities, rank 5`.
    pub fn name(&self) -> String {
        format!(
            "{} {} {}, {} elements, {} densities, rank {}",
            self.radial.name(),
            self.inner.name(),
            self.form.name(),
            self.elements.len(),
            self.densities,
            self.most_rank
        )
    }

    /// A potential of this kind. Energies are some eV an atom.
    pub fn basis(&self, seed: u64) -> Basis {
        let mut random = Stream::new([31; 32], &[seed]);
        let count = self.elements.len();
        let mut bonds: Vec<Bond> = Vec::new();
        for i in 0..count {
            for j in 0..count {
                // Both directions of a pair are one.
                let mirrored = (j < i).then(|| bonds[j * count + i].clone());
                bonds
                    .push(mirrored.unwrap_or_else(|| {
                        self.bond(0.15 * ((i + 2 * j) % 5) as f64, &mut random)
                    }));
            }
        }
        let interactions = Interactions {
            elements: self.elements.iter().map(|symbol| element(symbol)).collect(),
            sites: (0..count).map(|_| self.site()).collect(),
            bonds,
            inner_cutoff: self.inner,
            spline_bin_ang: 0.001,
        };
        let functions = (0..count)
            .map(|_| self.functions(&interactions, &mut random))
            .collect();
        let mut basis = Basis {
            interactions,
            functions,
        };
        basis.sort();
        basis
    }

    fn site(&self) -> Site {
        // The first density is linear, and no other passes through zero in the structures below.
        let exponents = [1.0, 0.5, 1.5];
        let weights = [1.0, 1.0, 0.3];
        let term = |p: usize| DensityTerm {
            weight: weights[p],
            exponent: exponents[p],
        };
        Site {
            energy_ev: 0.0,
            embedding: Embedding {
                form: self.form,
                terms: (0..self.densities).map(term).collect(),
            },
            core_density: Switch {
                end: 9.0,
                width: 8.0,
            },
        }
    }

    fn bond(&self, longer_ang: f64, random: &mut Stream) -> Bond {
        let (nradmax, lmax, nradbase) = (3, 3, 5);
        let mut coefficients = vec![0.0; nradmax * (lmax + 1) * nradbase];
        for (at, c) in coefficients.iter_mut().enumerate() {
            let (n, k) = (at / nradbase / (lmax + 1), at % nradbase);
            *c = if n == k {
                1.0
            } else {
                0.3 * (2.0 * random.uniform() - 1.0)
            };
        }
        let (core, inner) = match self.inner {
            InnerCutoff::Density => ([40.0, 0.9], [0.0, 0.0]),
            InnerCutoff::Distance => ([40.0, 0.9], [2.4, 0.7]),
            InnerCutoff::Zbl => ([1.0, 1.0], [2.3, 0.9]),
        };
        Bond {
            nradmax,
            lmax,
            nradbase,
            basis: self.radial.clone(),
            coefficients,
            cutoff_ang: 4.1 + longer_ang,
            cutoff_width_ang: if self.inner == InnerCutoff::Zbl {
                0.6
            } else {
                0.3
            },
            core: CoreRepulsion {
                prefactor: core[0],
                exponent: core[1],
            },
            inner: Switch {
                end: inner[0],
                width: inner[1],
            },
        }
    }

    fn functions(&self, interactions: &Interactions, random: &mut Stream) -> Vec<BasisFunction> {
        let count = interactions.elements.len();
        let mut list: Vec<BasisFunction> = Vec::new();
        let coefficients = |scale: f64, offset: f64, random: &mut Stream| -> Vec<f64> {
            (0..self.densities)
                .map(|_| offset + scale * (2.0 * random.uniform() - 1.0))
                .collect()
        };
        for element in 0..count as u8 {
            for n in 0..5 {
                list.push(BasisFunction {
                    factors: vec![Factor { element, n, l: 0 }],
                    intermediate: Vec::new(),
                    coefficients: coefficients(0.1, 0.0, random),
                });
            }
            // A square, which keeps densities away from zero.
            list.push(BasisFunction {
                factors: vec![
                    Factor {
                        element,
                        n: 0,
                        l: 0
                    };
                    2
                ],
                intermediate: Vec::new(),
                coefficients: coefficients(0.05, 0.3, random),
            });
        }
        for (rank, (l_most, scale)) in
            (2..=self.most_rank).zip([(3, 0.05), (3, 0.01), (2, 0.002), (2, 0.0005)])
        {
            let wanted = list.len() + 7;
            while list.len() < wanted {
                let mut factors: Vec<Factor> = (0..rank)
                    .map(|_| Factor {
                        element: random.below(count as u64) as u8,
                        n: random.below(3) as u16,
                        l: random.below(l_most + 1) as u8,
                    })
                    .collect();
                factors.sort_unstable();
                let kinds: Vec<usize> = factors
                    .iter()
                    .map(|one| usize::from(one.element) * 8 + usize::from(one.n))
                    .collect();
                let ls: Vec<u8> = factors.iter().map(|one| one.l).collect();
                let couplings = independent_couplings(&kinds, &ls);
                if couplings.is_empty() {
                    continue;
                }
                let intermediate = couplings[random.below(couplings.len() as u64) as usize].clone();
                let known = |one: &BasisFunction| {
                    one.factors == factors && one.intermediate == intermediate
                };
                if !list.iter().any(known) {
                    list.push(BasisFunction {
                        coefficients: coefficients(scale, 0.0, random),
                        factors,
                        intermediate,
                    });
                }
            }
        }
        list
    }
}

pub fn element(symbol: &str) -> Element {
    Element::from_symbol(symbol).expect("an element")
}

/// Structures for a potential: two triclinic cells smaller than the cutoff and one that is not. No two atoms are closer
/// than 1.6 Å, some are within the inner cutoffs, and no two are as far apart as their cutoff, where some bases jump.
pub fn structures(interactions: &Interactions, seed: u64) -> Vec<Structure> {
    let sizes = [(1, 2.6), (3, 3.9), (9, 6.2)];
    let mut random = Stream::new([32; 32], &[seed]);
    let mut all = Vec::new();
    for (count, length) in sizes {
        let found = (0..10_000).find_map(|_| {
            let structure = atoms(interactions, count, length, &mut random);
            fits(interactions, &structure).then_some(structure)
        });
        all.push(found.expect("a structure"));
    }
    all
}

fn atoms(interactions: &Interactions, count: usize, length: f64, random: &mut Stream) -> Structure {
    let mut shift = || 0.3 * length * (random.uniform() - 0.5);
    let rows = [
        [length, 0.0, 0.0],
        [shift(), 1.1 * length, 0.0],
        [shift(), shift(), 0.95 * length],
    ];
    let cell = Cell::new(rows).expect("a cell");
    let elements = &interactions.elements;
    Structure {
        cell,
        elements: (0..count).map(|k| elements[k % elements.len()]).collect(),
        positions_ang: (0..count)
            .map(|_| cell.to_cartesian(std::array::from_fn(|_| random.uniform())))
            .collect(),
    }
}

fn fits(interactions: &Interactions, structure: &Structure) -> bool {
    let centres = interactions
        .elements_of(&structure.elements)
        .expect("known elements");
    let rows = structure.cell.rows_ang();
    let atoms = &structure.positions_ang;
    for i in 0..atoms.len() {
        for j in i..atoms.len() {
            for image in 0..343 {
                let shift = [image / 49, image / 7 % 7, image % 7].map(|k| f64::from(k) - 3.0);
                if i == j && shift == [0.0; 3] {
                    continue;
                }
                let square: f64 = (0..3)
                    .map(|k| {
                        let images: f64 = (0..3).map(|row| shift[row] * rows[row][k]).sum();
                        (atoms[j][k] - atoms[i][k] + images).powi(2)
                    })
                    .sum();
                let cutoff = interactions
                    .bond(usize::from(centres[i]), usize::from(centres[j]))
                    .cutoff_ang;
                if square.sqrt() < 1.6 || (square.sqrt() - cutoff).abs() < 0.004 {
                    return false;
                }
            }
        }
    }
    true
}
