//! Energies of a batch of atoms, and what they pull at their neighbours with.
//!
//! Forward, atom by atom: neighbours are sorted by element, the functions g_k of their distances are looked up with
//! k side by side, harmonics of their directions are computed with neighbours side by side, and the moments
//! Σ_j g_k(r_j) Y_c(r_j) are a product of matrices. Only these few numbers are contracted to those of R_nl, because R is
//! linear in g. Then, with atoms side by side, the products, densities and embedding. Backward the same way in the
//! opposite order: adjoints of moments, and for each neighbour two products with them, that give the force along the
//! bond and across it. Work per neighbour is three products of matrices of the size functions × components, whatever
//! the number of functions of the potential.

use super::LANES;
use super::harmonics::component;
use super::layout::Batch;
use super::prepared::{Centre, LEAST_ANG, Pair, Prepared};
use super::projections::{Projections, RankOne};
use super::table::Apart;
use crate::physics::ace::core_repulsion::{InnerCutoff, Switch};
use crate::physics::numerics::Aligned;
use crate::physics::numerics::simd::{Kernel, MOST_LANES, TABLE, Table, Vector};
use crate::physics::structure::{Environment, Neighbours};

/// Buffers of a thread.
#[derive(Default)]
pub(super) struct Scratch {
    near: Environment,
    atoms: Vec<Surroundings>,
    /// Products: `[leaf or node][re, im][atom]`.
    pub values: Aligned,
    pub adjoints: Aligned,
    /// `[density][atom]`
    densities: Aligned,
    slopes: Aligned,
    /// Harmonics, `[component][neighbour]`.
    rows: Aligned,
    /// For grades: moments of g_k times Y_00 = 1, `[element, k][atom]`; dE/dρ before core repulsion, `[density][atom]`; and the
    /// functions of the B basis.
    first: Aligned,
    unfaded: Aligned,
    pub projections: Aligned,
    /// Radial functions, `[neighbour][k]`.
    radial: Aligned,
    radial_slopes: Aligned,
    /// `[component][k]`: moments, and later their adjoints.
    moments: Aligned,
    /// `[component][lane]`
    across: Aligned,
    along: Aligned,
    contracted: Aligned,
}

/// The neighbours of one atom, element after element, each padded to whole vectors.
#[derive(Default)]
struct Surroundings {
    dx: Aligned,
    dy: Aligned,
    dz: Aligned,
    /// 1/r
    inverse: Aligned,
    distances: Aligned,
    /// Which of the gathered neighbours each is; `NOBODY` for padding.
    gathered: Vec<u32>,
    /// Places in the list of the atom, one a gathered neighbour.
    places: Vec<u32>,
    /// Where each element begins, and the end.
    starts: Vec<usize>,
    /// `[vector][function][neighbour]` of each element, one after the other.
    radial: Aligned,
    radial_slopes: Aligned,
    /// How much of them is.
    filled: usize,
    /// Σ φ, eV, and by neighbour the slope of φ, eV/Å.
    core: f64,
    core_slopes: Aligned,
    /// The neighbour that is nearest to its inner cutoff, and how the energy fades there.
    nearest: Option<usize>,
    fade: [f64; 2],
}

const NOBODY: u32 = u32::MAX;

/// What a batch adds up to.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    /// xx, yy, zz, yz, xz, xy.
    pub virial: [f64; 6],
    /// Rank of an atom that overlaps with something.
    pub overlap: Option<u32>,
}

/// One batch, as a kernel.
pub(super) struct Evaluate<'a> {
    pub prepared: &'a Prepared,
    /// Which species of the lists an element of the model is.
    pub species: &'a [Option<u8>],
    pub neighbours: &'a Neighbours,
    pub batch: Batch,
    /// One an atom of the batch.
    pub ranks: &'a [u32],
    /// Where the slots of each begin, and the end; the first is where `pulls` begins.
    pub starts: &'a [u32],
    pub scratch: &'a mut Scratch,
    pub energies: &'a mut [f64],
    pub forces: &'a mut [[f64; 3]],
    /// dE_i/dr_ij by slot.
    pub pulls: &'a mut [[f64; 3]],
    pub sums: &'a mut Sums,
    /// One an atom of the batch, or none if they are not wanted.
    pub grades: &'a mut [f64],
}

impl Kernel for Evaluate<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(mut self) {
        let centre = &self.prepared.centres[self.batch.centre];
        self.forward::<V>(centre, !self.grades.is_empty());
        let core_slopes = self.embed(centre);
        if let Some(projections) = &centre.projections
            && !self.grades.is_empty()
        {
            self.grade::<V>(projections);
        }
        let scratch = &mut *self.scratch;
        let floats = centre.products.floats();
        scratch.adjoints.hold(floats);
        scratch.adjoints[..floats].fill(0.0);
        for lane in (0..LANES).step_by(V::LANES) {
            let (values, adjoints) = (&scratch.values, &mut scratch.adjoints);
            centre
                .products
                .backward::<V>(lane, values, &scratch.slopes, adjoints);
        }
        for (lane, &core_slope) in core_slopes[..self.batch.count].iter().enumerate() {
            self.pull::<V>(centre, lane, Pulling::Energy { core_slope });
        }
    }
}

/// What atoms are pulled for.
#[derive(Clone, Copy)]
pub(super) enum Pulling<'a> {
    /// The energy, whose derivative by the core repulsion is this.
    Energy { core_slope: f64 },
    /// A function of rank one.
    RankOne(&'a RankOne),
    /// A function of a higher rank.
    Beyond,
}

impl Evaluate<'_> {
    /// Up to the products and densities, and to what functions of the B basis are made of.
    #[inline(always)]
    pub fn forward<V: Vector>(&mut self, centre: &Centre, functions: bool) {
        *self.sums = Sums::default();
        let densities = centre.embedding.terms.len();
        let scratch = &mut *self.scratch;
        scratch.atoms.resize_with(LANES, Surroundings::default);
        scratch.values.hold(centre.products.floats());
        for buffer in [
            &mut scratch.densities,
            &mut scratch.slopes,
            &mut scratch.unfaded,
        ] {
            buffer.hold(densities * LANES);
            buffer.fill(0.0);
        }
        if self.batch.count < LANES {
            scratch.values[..centre.products.leaf_floats()].fill(0.0);
        }
        for lane in 0..self.batch.count {
            self.gather::<V>(centre, lane);
            self.moments::<V>(centre, lane, functions);
        }
        let scratch = &mut *self.scratch;
        for lane in (0..LANES).step_by(V::LANES) {
            let (values, densities) = (&mut scratch.values, &mut scratch.densities);
            centre.products.forward::<V>(lane, values, densities);
        }
    }

    /// Values of the functions of the B basis.
    #[inline(always)]
    pub fn project<V: Vector>(&mut self, projections: &Projections) {
        let scratch = &mut *self.scratch;
        for lane in (0..LANES).step_by(V::LANES) {
            let (first, values) = (&scratch.first, &scratch.values);
            projections.evaluate::<V>(lane, first, values, &mut scratch.projections);
        }
    }

    #[inline(always)]
    fn grade<V: Vector>(&mut self, projections: &Projections) {
        let Some(inverse) = &projections.inverse else {
            return;
        };
        self.project::<V>(projections);
        let scratch = &mut *self.scratch;
        let mut grades = [0.0; LANES];
        for lane in (0..LANES).step_by(V::LANES) {
            let slopes = &scratch.unfaded;
            inverse.grade::<V>(lane, slopes, &mut scratch.projections, &mut grades);
        }
        self.grades.copy_from_slice(&grades[..self.batch.count]);
    }

    /// Finds the neighbours of an atom and sorts them by element.
    #[inline(always)]
    fn gather<V: Vector>(&mut self, centre: &Centre, lane: usize) {
        let Scratch { near, atoms, .. } = &mut *self.scratch;
        let atom = &mut atoms[lane];
        let rank = self.ranks[lane];
        let least = self.neighbours.gather_listed::<V>(
            rank as usize,
            centre.cutoff_ang,
            near,
            &mut atom.places,
        );
        if least < LEAST_ANG * LEAST_ANG {
            self.sums.overlap.get_or_insert(rank);
        }
        let near = near.padded::<V>();
        let most = atom.places.len() + (centre.pairs.len() + 1) * MOST_LANES;
        for column in [
            &mut atom.dx,
            &mut atom.dy,
            &mut atom.dz,
            &mut atom.inverse,
            &mut atom.distances,
            &mut atom.core_slopes,
        ] {
            column.hold(most);
        }
        if atom.gathered.len() < most {
            atom.gathered.resize(most, NOBODY);
        }
        atom.starts.clear();
        let mut at = 0;
        for (element, pair) in centre.pairs.iter().enumerate() {
            atom.starts.push(at);
            if let Some(species) = self.species[element] {
                // No neighbour of another species is nearer than −1.
                let mut limits: Table = [-1.0; TABLE];
                limits[usize::from(species)] = pair.cutoff_ang * pair.cutoff_ang;
                for k in (0..near.r2.len()).step_by(V::LANES) {
                    let r2 = V::load(&near.r2[k..]);
                    let limit = V::lookup(&limits, V::load(&near.tags[k..]));
                    let taken = r2.less(limit);
                    V::load(&near.dx[k..]).compress(taken, &mut atom.dx[at..]);
                    V::load(&near.dy[k..]).compress(taken, &mut atom.dy[at..]);
                    V::load(&near.dz[k..]).compress(taken, &mut atom.dz[at..]);
                    r2.compress(taken, &mut atom.inverse[at..]);
                    at += V::write_indices(V::bits(taken), k as u32, &mut atom.gathered[at..]);
                }
            }
            let end = at.next_multiple_of(MOST_LANES);
            for at in (at..end).step_by(V::LANES) {
                V::zero().store(&mut atom.dx[at..]);
                V::zero().store(&mut atom.dy[at..]);
                V::splat(1.0).store(&mut atom.dz[at..]);
                V::splat(1.0).store(&mut atom.inverse[at..]);
            }
            atom.gathered[at..at + MOST_LANES].fill(NOBODY);
            at = end;
        }
        atom.starts.push(at);
        for at in (0..at).step_by(V::LANES) {
            let r2 = V::load(&atom.inverse[at..]);
            let inverse = r2.rsqrt();
            inverse.store(&mut atom.inverse[at..]);
            (r2 * inverse).store(&mut atom.distances[at..]);
        }
        atom.find_nearest(self.prepared.inner_cutoff, centre);
    }

    /// Sums radial functions times harmonics over the neighbours, and writes the leaves of the products.
    #[inline(always)]
    fn moments<V: Vector>(&mut self, centre: &Centre, lane: usize, functions: bool) {
        let scratch = &mut *self.scratch;
        let atom = &mut scratch.atoms[lane];
        atom.core = 0.0;
        atom.filled = 0;
        let mut before = 0;
        for (element, pair) in centre.pairs.iter().enumerate() {
            let range = atom.starts[element]..atom.starts[element + 1];
            let columns = pair.table.columns();
            let components = pair.components();
            scratch.moments.hold(components * columns);
            if range.is_empty() {
                scratch.moments[..components * columns].fill(0.0);
            } else {
                let count = range.len();
                scratch.radial.hold(count * columns);
                scratch.radial_slopes.hold(count * columns);
                atom.look_up::<V>(
                    pair,
                    range.clone(),
                    &mut scratch.radial,
                    &mut scratch.radial_slopes,
                );
                scratch.rows.hold(components * count);
                for at in (0..count).step_by(V::LANES) {
                    let unit = atom.unit::<V>(range.start + at);
                    let rows = &mut scratch.rows[at..];
                    centre.harmonics.values::<V>(pair.degree, unit, rows, count);
                }
                outer_product::<V>(
                    components,
                    columns,
                    count,
                    &scratch.rows,
                    &scratch.radial,
                    &mut scratch.moments,
                );
            }
            // Y_00 = 1: the first moments are the sums of rank one.
            let first = &scratch.moments[..columns];
            if functions {
                scratch.first.hold((before + columns) * LANES);
                for (k, moment) in first.iter().enumerate() {
                    scratch.first[(before + k) * LANES + lane] = *moment;
                }
                before += columns;
            }
            for (density, weights) in pair.rank_one.chunks_exact(columns).enumerate() {
                let sum: f64 = weights.iter().zip(first).map(|(c, g)| c * g).sum();
                scratch.densities[density * LANES + lane] += sum;
            }
            write_leaves::<V>(
                pair,
                lane,
                &scratch.moments,
                &mut scratch.contracted,
                &mut scratch.values,
            );
        }
    }

    /// From densities to energies: fills the slopes by density, and gives those by the core repulsion.
    #[inline(always)]
    fn embed(&mut self, centre: &Centre) -> [f64; LANES] {
        let scratch = &mut *self.scratch;
        let mut core_slopes = [0.0; LANES];
        let terms = &centre.embedding.terms;
        for (lane, core_slope) in core_slopes[..self.batch.count].iter_mut().enumerate() {
            let atom = &mut scratch.atoms[lane];
            let mut energy = 0.0;
            for (p, term) in terms.iter().enumerate() {
                let density = scratch.densities[p * LANES + lane];
                let [value, slope] = centre.embedding.form.evaluate(density, term.exponent);
                energy += term.weight * value;
                scratch.slopes[p * LANES + lane] = term.weight * slope;
                scratch.unfaded[p * LANES + lane] = term.weight * slope;
            }
            let share;
            if self.prepared.inner_cutoff == InnerCutoff::Zbl {
                share = atom.fade[0];
                *core_slope = 1.0 - share;
                self.energies[lane] = share * energy + (1.0 - share) * atom.core + centre.energy_ev;
                atom.fade[1] *= energy - atom.core;
            } else {
                let [value, slope] = centre.core_density.evaluate(atom.core);
                share = value;
                *core_slope = energy * slope + 1.0;
                self.energies[lane] = energy * share + atom.core + centre.energy_ev;
            }
            for p in 0..terms.len() {
                scratch.slopes[p * LANES + lane] *= share;
            }
        }
        core_slopes
    }

    /// From adjoints of leaves to what the atom pulls at each of its neighbours with.
    #[inline(always)]
    pub fn pull<V: Vector>(&mut self, centre: &Centre, lane: usize, what: Pulling<'_>) {
        let scratch = &mut *self.scratch;
        let atom = &scratch.atoms[lane];
        let first = self.starts[0] as usize;
        let slots = self.starts[lane] as usize - first..self.starts[lane + 1] as usize - first;
        let pulls = &mut self.pulls[slots];
        pulls.fill([0.0; 3]);
        let mut force = [V::zero(); 3];
        let mut virial = [V::zero(); 6];
        let mut block = 0;
        for (element, pair) in centre.pairs.iter().enumerate() {
            let range = atom.starts[element]..atom.starts[element + 1];
            if range.is_empty() {
                continue;
            }
            let columns = pair.table.columns();
            let components = pair.components();
            scratch.moments.hold(components * columns);
            if let Pulling::RankOne(one) = what {
                scratch.moments[..components * columns].fill(0.0);
                if one.element == element {
                    scratch.moments[one.n] = one.factor;
                }
            } else {
                moment_adjoints::<V>(pair, lane, &scratch.adjoints, &mut scratch.moments);
            }
            for (density, weights) in pair.rank_one.chunks_exact(columns).enumerate() {
                let slope = scratch.slopes[density * LANES + lane];
                for (adjoint, weight) in scratch.moments.iter_mut().zip(weights) {
                    *adjoint += weight * slope;
                }
            }
            scratch.across.hold(components * V::LANES);
            scratch.along.hold(components * V::LANES);
            for at in range.step_by(MOST_LANES) {
                let size = columns * MOST_LANES;
                let used = block..block + pair.functions * MOST_LANES;
                let radial = &atom.radial[used.clone()];
                let radial_slopes = &atom.radial_slopes[used];
                block += size;
                for half in (0..MOST_LANES).step_by(V::LANES) {
                    let (p, q) = (&mut scratch.across, &mut scratch.along);
                    harmonic_adjoints::<V>(
                        components,
                        columns,
                        &scratch.moments,
                        &radial[half..],
                        &radial_slopes[half..],
                        p,
                        q,
                    );
                    let at = at + half;
                    let [x, y, z] = atom.unit::<V>(at);
                    let harmonics = &centre.harmonics;
                    let (along, [gx, gy, gz]) =
                        harmonics.gradient::<V>(pair.degree, [x, y, z], p, q);
                    let inverse = V::load(&atom.inverse[at..]);
                    let along = match what {
                        Pulling::Energy { core_slope } if pair.has_core => {
                            V::load(&atom.core_slopes[at..]).mul_add(V::splat(core_slope), along)
                        }
                        _ => along,
                    };
                    let outward = z.mul_add(gz, y.mul_add(gy, x * gx));
                    let along = along - outward * inverse;
                    let fx = along.mul_add(x, gx * inverse);
                    let fy = along.mul_add(y, gy * inverse);
                    let fz = along.mul_add(z, gz * inverse);
                    let (dx, dy, dz) = (
                        V::load(&atom.dx[at..]),
                        V::load(&atom.dy[at..]),
                        V::load(&atom.dz[at..]),
                    );
                    force = [force[0] + fx, force[1] + fy, force[2] + fz];
                    virial = [
                        virial[0] - dx * fx,
                        virial[1] - dy * fy,
                        virial[2] - dz * fz,
                        virial[3] - dy * fz,
                        virial[4] - dx * fz,
                        virial[5] - dx * fy,
                    ];
                    let mut out = [[0.0; MOST_LANES]; 3];
                    fx.store(&mut out[0]);
                    fy.store(&mut out[1]);
                    fz.store(&mut out[2]);
                    for (k, &near) in atom.gathered[at..at + V::LANES].iter().enumerate() {
                        if near != NOBODY {
                            pulls[atom.places[near as usize] as usize] =
                                [out[0][k], out[1][k], out[2][k]];
                        }
                    }
                }
            }
        }
        let mut force = force.map(V::sum);
        for (sum, part) in self.sums.virial.iter_mut().zip(virial) {
            *sum += part.sum();
        }
        if let (Some(nearest), Pulling::Energy { .. }) = (atom.nearest, what) {
            let inverse = atom.inverse[nearest];
            let d = [atom.dx[nearest], atom.dy[nearest], atom.dz[nearest]];
            let f = d.map(|x| x * inverse * atom.fade[1]);
            let place = atom.places[atom.gathered[nearest] as usize];
            let pull = &mut pulls[place as usize];
            for k in 0..3 {
                force[k] += f[k];
                pull[k] += f[k];
            }
            let pairs = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)];
            for (sum, (a, b)) in self.sums.virial.iter_mut().zip(pairs) {
                *sum -= d[a] * f[b];
            }
        }
        self.forces[lane] = force;
    }
}

impl Surroundings {
    /// The neighbour that is deepest within its inner cutoff decides how much of the energy is that of the cores.
    fn find_nearest(&mut self, inner_cutoff: InnerCutoff, centre: &Centre) {
        self.nearest = None;
        self.fade = [1.0, 0.0];
        if inner_cutoff != InnerCutoff::Zbl {
            return;
        }
        let mut least = f64::INFINITY;
        for (element, pair) in centre.pairs.iter().enumerate() {
            for at in self.starts[element]..self.starts[element + 1] {
                if self.gathered[at] == NOBODY {
                    continue;
                }
                let depth = self.distances[at] - (pair.inner.end - pair.inner.width);
                if depth < least {
                    least = depth;
                    let switch = Switch {
                        end: pair.inner.width,
                        width: pair.inner.width,
                    };
                    let [value, slope] = switch.evaluate(pair.inner.width - depth);
                    self.fade = [value, -slope];
                    self.nearest = (slope != 0.0).then_some(at);
                }
            }
        }
    }

    /// Unit vectors to successive neighbours.
    #[inline(always)]
    fn unit<V: Vector>(&self, at: usize) -> [V; 3] {
        let inverse = V::load(&self.inverse[at..]);
        [
            V::load(&self.dx[at..]) * inverse,
            V::load(&self.dy[at..]) * inverse,
            V::load(&self.dz[at..]) * inverse,
        ]
    }

    /// Radial functions of the neighbours of one element: as rows for the moments, and the other way round for later.
    #[inline(always)]
    fn look_up<V: Vector>(
        &mut self,
        pair: &Pair,
        range: std::ops::Range<usize>,
        rows: &mut [f64],
        slope_rows: &mut [f64],
    ) {
        let columns = pair.table.columns();
        let mut core = V::zero();
        for (block, start) in range.clone().step_by(MOST_LANES).enumerate() {
            let mut apart = Apart::NONE;
            for lane in 0..MOST_LANES {
                let row = (block * MOST_LANES + lane) * columns;
                let values = &mut rows[row..row + columns];
                let slopes = &mut slope_rows[row..row + columns];
                if self.gathered[start + lane] == NOBODY {
                    for k in (0..columns).step_by(V::LANES) {
                        V::zero().store(&mut values[k..]);
                        V::zero().store(&mut slopes[k..]);
                    }
                } else {
                    let distance = self.distances[start + lane];
                    pair.table
                        .at::<V>(distance, values, slopes, lane, &mut apart);
                }
            }
            if pair.has_core {
                for lane in (0..MOST_LANES).step_by(V::LANES) {
                    let (value, slope) = apart.evaluate::<V>(lane);
                    core = core + value;
                    slope.store(&mut self.core_slopes[start + lane..]);
                }
            }
        }
        self.core += core.sum();
        let block = columns * MOST_LANES;
        let size = range.len() * columns;
        let filled = self.filled..self.filled + size;
        self.filled = filled.end;
        self.radial.hold(filled.end);
        self.radial_slopes.hold(filled.end);
        for (to, from) in [
            (&mut self.radial[filled.clone()], &rows[..size]),
            (&mut self.radial_slopes[filled], &slope_rows[..size]),
        ] {
            for (to, from) in to.chunks_exact_mut(block).zip(from.chunks_exact(block)) {
                for lane in (0..MOST_LANES).step_by(V::LANES) {
                    for column in (0..columns).step_by(V::LANES) {
                        V::transpose(
                            &from[lane * columns + column..],
                            columns,
                            &mut to[column * MOST_LANES + lane..],
                            MOST_LANES,
                        );
                    }
                }
            }
        }
    }
}

/// `out[c][k] = Σ_j rows[c][j] radial[j][k]`
#[inline(always)]
fn outer_product<V: Vector>(
    components: usize,
    columns: usize,
    count: usize,
    rows: &[f64],
    radial: &[f64],
    out: &mut [f64],
) {
    let mut c = 0;
    while c + 8 <= components {
        outer_tile::<V, 8>(c, columns, count, rows, radial, out);
        c += 8;
    }
    while c + 3 <= components {
        outer_tile::<V, 3>(c, columns, count, rows, radial, out);
        c += 3;
    }
    while c < components {
        outer_tile::<V, 1>(c, columns, count, rows, radial, out);
        c += 1;
    }
}

#[inline(always)]
fn outer_tile<V: Vector, const C: usize>(
    c: usize,
    columns: usize,
    count: usize,
    rows: &[f64],
    radial: &[f64],
    out: &mut [f64],
) {
    let rows = &rows[c * count..(c + C) * count];
    for k in (0..columns).step_by(V::LANES) {
        let mut sums = [V::zero(); C];
        for (j, radial) in radial[..count * columns].chunks_exact(columns).enumerate() {
            let g = V::load(&radial[k..]);
            for i in 0..C {
                sums[i] = V::splat(rows[i * count + j]).mul_add(g, sums[i]);
            }
        }
        for i in 0..C {
            sums[i].store(&mut out[(c + i) * columns + k..]);
        }
    }
}

/// Contracts moments of g_k to those of R_nl, and writes them and their conjugates as leaves of one atom.
#[inline(always)]
fn write_leaves<V: Vector>(
    pair: &Pair,
    lane: usize,
    moments: &[f64],
    contracted: &mut Aligned,
    values: &mut [f64],
) {
    let columns = pair.table.columns();
    let n_padded = pair.n_padded;
    let count = pair.nradmax;
    contracted.hold(2 * n_padded);
    let (re, im) = contracted.split_at_mut(n_padded);
    for l in 0..=pair.degree {
        let to_radial = &pair.to_radial[l * columns * n_padded..(l + 1) * columns * n_padded];
        for m in 0..=l {
            let c = component(l, m);
            for (part, out) in [&mut *re, &mut *im]
                .into_iter()
                .enumerate()
                .take(1 + usize::from(m > 0))
            {
                let moments = &moments[(c + part) * columns..][..pair.functions];
                for n in (0..n_padded).step_by(V::LANES) {
                    let mut sum = V::zero();
                    for (k, &moment) in moments.iter().enumerate() {
                        sum =
                            V::splat(moment).mul_add(V::load(&to_radial[k * n_padded + n..]), sum);
                    }
                    sum.store(&mut out[n..]);
                }
            }
            let leaf = |m: isize| pair.leaves + (l * l + l).wrapping_add_signed(m) * count;
            let plus = leaf(m as isize) * 2 * LANES + lane;
            if m == 0 {
                for n in 0..count {
                    values[plus + n * 2 * LANES] = re[n];
                    values[plus + n * 2 * LANES + LANES] = 0.0;
                }
                continue;
            }
            let minus = leaf(-(m as isize)) * 2 * LANES + lane;
            let sign = if m % 2 == 0 { 1.0 } else { -1.0 };
            for n in 0..count {
                values[plus + n * 2 * LANES] = re[n];
                values[plus + n * 2 * LANES + LANES] = im[n];
                values[minus + n * 2 * LANES] = sign * re[n];
                values[minus + n * 2 * LANES + LANES] = -sign * im[n];
            }
        }
    }
}

/// The way back: adjoints of moments of g_k from those of the leaves of one atom.
#[inline(always)]
fn moment_adjoints<V: Vector>(pair: &Pair, lane: usize, adjoints: &[f64], moments: &mut [f64]) {
    let columns = pair.table.columns();
    let count = pair.nradmax;
    for l in 0..=pair.degree {
        let from_radial = &pair.from_radial[l * count * columns..(l + 1) * count * columns];
        for m in 0..=l {
            let leaf = |m: isize| pair.leaves + (l * l + l).wrapping_add_signed(m) * count;
            let plus = leaf(m as isize) * 2 * LANES + lane;
            let minus = leaf(-(m as isize)) * 2 * LANES + lane;
            let sign = if m % 2 == 0 { 1.0 } else { -1.0 };
            for part in 0..=usize::from(m > 0) {
                let to = &mut moments[(component(l, m) + part) * columns..][..columns];
                let (plus, minus) = (plus + part * LANES, minus + part * LANES);
                let minus_sign = if m == 0 {
                    0.0
                } else if part == 0 {
                    sign
                } else {
                    -sign
                };
                for k in (0..columns).step_by(V::LANES) {
                    let mut sum = V::zero();
                    for (n, row) in from_radial.chunks_exact(columns).enumerate() {
                        let at = n * 2 * LANES;
                        let adjoint = adjoints[plus + at] + minus_sign * adjoints[minus + at];
                        sum = V::splat(adjoint).mul_add(V::load(&row[k..]), sum);
                    }
                    sum.store(&mut to[k..]);
                }
            }
        }
    }
}

/// For neighbours side by side, `across[c] = Σ_k w[c][k] g_k` and `along[c] = Σ_k w[c][k] g_k'`.
#[inline(always)]
fn harmonic_adjoints<V: Vector>(
    components: usize,
    columns: usize,
    weights: &[f64],
    radial: &[f64],
    radial_slopes: &[f64],
    across: &mut [f64],
    along: &mut [f64],
) {
    let mut c = 0;
    while c + 8 <= components {
        adjoint_tile::<V, 8>(c, columns, weights, radial, radial_slopes, across, along);
        c += 8;
    }
    while c + 3 <= components {
        adjoint_tile::<V, 3>(c, columns, weights, radial, radial_slopes, across, along);
        c += 3;
    }
    while c < components {
        adjoint_tile::<V, 1>(c, columns, weights, radial, radial_slopes, across, along);
        c += 1;
    }
}

#[inline(always)]
fn adjoint_tile<V: Vector, const C: usize>(
    c: usize,
    columns: usize,
    weights: &[f64],
    radial: &[f64],
    radial_slopes: &[f64],
    across: &mut [f64],
    along: &mut [f64],
) {
    let weights = &weights[c * columns..(c + C) * columns];
    let mut p = [V::zero(); C];
    let mut q = [V::zero(); C];
    for k in 0..radial.len().div_ceil(MOST_LANES) {
        let (g, slope) = (
            V::load(&radial[k * MOST_LANES..]),
            V::load(&radial_slopes[k * MOST_LANES..]),
        );
        for i in 0..C {
            let weight = V::splat(weights[i * columns + k]);
            p[i] = weight.mul_add(g, p[i]);
            q[i] = weight.mul_add(slope, q[i]);
        }
    }
    for i in 0..C {
        p[i].store(&mut across[(c + i) * V::LANES..]);
        q[i].store(&mut along[(c + i) * V::LANES..]);
    }
}
