//! The waves of the Ewald sum on a mesh: smooth particle mesh Ewald (Essmann et al., J. Chem. Phys. 103, 8577, 1995).
//!
//! Charges are spread by B-splines, the mesh is convolved with the potential of a Gaussian by Fourier transforms, and
//! each atom reads its potential and field from the mesh with the same splines. Forces are exact derivatives of the
//! energy of the mesh.

use std::f64::consts::PI;

use rayon::prelude::*;

use crate::physics::numerics::fft::Fft3;
use crate::physics::potential::{Bound, Evaluation, PotentialError, Want};
use crate::physics::structure::{Cell, Neighbours};

/// Order of the splines, and points that they reach along each axis.
const ORDER: usize = 6;
/// The root mean square error of a force, in units of that between two charges of the mean square 1 Å apart, is about
/// this times `α² (α h)^ORDER` for meshes finer than the clouds; measured in the tests of the Coulomb sums.
const ERROR: f64 = 0.3;
/// Atoms read from the mesh by one task.
const BATCH: usize = 256;

pub struct Mesh {
    charges_e: Vec<f64>,
    coulomb_ev_ang: f64,
    alpha_per_ang: f64,
    spacing_ang: f64,
    plan: Option<Plan>,
    splines: Vec<Splines>,
}

/// What depends on the cell.
struct Plan {
    cell: Cell,
    fft: Fft3,
    /// `[kz][ky][kx]`, the factors of the spectrum.
    influence: Vec<f64>,
    /// `[x][y][z]`, with rows longer by the reach of a spline.
    grid: Vec<f64>,
}

/// Where a charge lies on the mesh: first point and weights along each axis, with their derivatives.
#[derive(Clone, Default)]
struct Splines {
    start: [usize; 3],
    weights: [[f64; ORDER]; 3],
    slopes: [[f64; ORDER]; 3],
}

impl Mesh {
    pub fn new(
        charges_e: Vec<f64>,
        coulomb_ev_ang: f64,
        alpha_per_ang: f64,
        accuracy: f64,
    ) -> Self {
        let square = charges_e.iter().map(|q| q * q).sum::<f64>() / charges_e.len().max(1) as f64;
        let error = accuracy / (ERROR * square.max(1e-300) * alpha_per_ang.powi(2));
        let spacing_ang = error.powf(1.0 / ORDER as f64).min(1.0) / alpha_per_ang;
        Mesh {
            charges_e,
            coulomb_ev_ang,
            alpha_per_ang,
            spacing_ang,
            plan: None,
            splines: Vec::new(),
        }
    }

    fn plan(&self, cell: &Cell, old: Option<Plan>) -> Plan {
        let size = cell.heights_ang().map(|height| {
            Fft3::good_size(((height / self.spacing_ang).ceil() as usize).max(ORDER))
        });
        let fft = match old {
            Some(old) if old.fft.size() == size => old.fft,
            _ => Fft3::new(size),
        };
        let [nx, ny, nz] = size;
        let moduli = size.map(moduli);
        let scale = 4.0 * PI * self.coulomb_ev_ang / cell.volume_ang3();
        let mut influence = vec![0.0; nx * ny * (nz / 2 + 1)];
        influence
            .par_chunks_mut(nx)
            .enumerate()
            .for_each(|(row, factors)| {
                let (kz, ky) = (row / ny, row % ny);
                for (kx, factor) in factors.iter_mut().enumerate() {
                    let k = wave_vector(cell, size, [kx, ky, kz]);
                    let k2 = k[0] * k[0] + k[1] * k[1] + k[2] * k[2];
                    if k2 > 0.0 {
                        let gauss = (-k2 / (4.0 * self.alpha_per_ang.powi(2))).exp();
                        *factor =
                            scale * gauss / k2 * moduli[0][kx] * moduli[1][ky] * moduli[2][kz];
                    }
                }
            });
        let grid = vec![0.0; nx * ny * (nz + ORDER)];
        Plan {
            cell: *cell,
            fft,
            influence,
            grid,
        }
    }
}

/// 2π times the reciprocal vector of a point of the spectrum, of the shorter way round.
fn wave_vector(cell: &Cell, size: [usize; 3], at: [usize; 3]) -> [f64; 3] {
    let inverse = cell.inverse();
    let index: [f64; 3] = std::array::from_fn(|axis| {
        let (n, size) = (at[axis] as f64, size[axis] as f64);
        2.0 * PI * if 2.0 * n > size { n - size } else { n }
    });
    std::array::from_fn(|k| {
        index[0] * inverse[k][0] + index[1] * inverse[k][1] + index[2] * inverse[k][2]
    })
}

/// `|b(m)|²`: what the spectrum of the splines lacks of that of points (eq. 4.4 there).
fn moduli(size: usize) -> Vec<f64> {
    let (values, _) = spline(0.0);
    let modulus = |m: usize| {
        let (mut re, mut im) = (0.0, 0.0);
        for (k, value) in values.iter().enumerate() {
            let (sine, cosine) = (2.0 * PI * (m * k % size) as f64 / size as f64).sin_cos();
            re += value * cosine;
            im += value * sine;
        }
        1.0 / (re * re + im * im)
    };
    (0..size).map(modulus).collect()
}

/// Weights and their derivatives of the points that a spline at a fraction `w` beyond its last point reaches.
#[inline(always)]
fn spline(w: f64) -> ([f64; ORDER], [f64; ORDER]) {
    let mut weights = [0.0; ORDER];
    let mut slopes = [0.0; ORDER];
    weights[0] = 1.0 - w;
    weights[1] = w;
    for n in 3..=ORDER {
        if n == ORDER {
            slopes[0] = -weights[0];
            for j in 1..ORDER {
                slopes[j] = weights[j - 1] - weights[j];
            }
        }
        let part = 1.0 / (n as f64 - 1.0);
        weights[n - 1] = part * w * weights[n - 2];
        for j in 1..n - 1 {
            let (x, y) = (w + j as f64, (n - j) as f64 - w);
            weights[n - 1 - j] = part * (x * weights[n - 2 - j] + y * weights[n - 1 - j]);
        }
        weights[0] *= part * (1.0 - w);
    }
    (weights, slopes)
}

impl Splines {
    fn at(fractional: [f64; 3], size: [usize; 3]) -> Self {
        let mut splines = Splines::default();
        for axis in 0..3 {
            let points = size[axis];
            let u = (fractional[axis] - fractional[axis].floor()) * points as f64;
            let last = (u as usize).min(points - 1);
            splines.start[axis] = (last + points + 1 - ORDER) % points;
            (splines.weights[axis], splines.slopes[axis]) = spline(u - last as f64);
        }
        splines
    }
}

/// Spreads the charges, a plane of x by a task: each takes what reaches it in the order of the atoms by their first
/// plane.
fn spread(grid: &mut [f64], [nx, ny, nz]: [usize; 3], splines: &[Splines], charges_e: &[f64]) {
    let stride = nz + ORDER;
    let mut by_plane: Vec<Vec<u32>> = vec![Vec::new(); nx];
    for (atom, splines) in splines.iter().enumerate() {
        by_plane[splines.start[0]].push(atom as u32);
    }
    grid.par_chunks_mut(ny * stride)
        .enumerate()
        .for_each(|(x, plane)| {
            plane.fill(0.0);
            for reach in 0..ORDER {
                for &atom in &by_plane[(x + nx - reach) % nx] {
                    let Splines {
                        start: [_, y, z],
                        weights: [along_x, along_y, along_z],
                        ..
                    } = &splines[atom as usize];
                    let charge = charges_e[atom as usize] * along_x[reach];
                    for (k, weight) in along_y.iter().enumerate() {
                        let y = if y + k < ny { y + k } else { y + k - ny };
                        let row = &mut plane[y * stride + z..][..ORDER];
                        for (value, along_z) in row.iter_mut().zip(along_z) {
                            *value += charge * weight * along_z;
                        }
                    }
                }
            }
            for row in plane.chunks_exact_mut(stride) {
                let (row, beyond) = row.split_at_mut(nz);
                for (value, beyond) in row.iter_mut().zip(beyond) {
                    *value += *beyond;
                }
            }
        });
}

/// Potential at an atom, and its derivative by the three mesh coordinates.
#[inline(always)]
fn read(grid: &[f64], [nx, ny, nz]: [usize; 3], splines: &Splines) -> [f64; 4] {
    let stride = nz + ORDER;
    let Splines {
        start: [x, y, z],
        weights,
        slopes,
    } = splines;
    let mut sum = [0.0; 4];
    for i in 0..ORDER {
        let x = if x + i < nx { x + i } else { x + i - nx };
        for j in 0..ORDER {
            let y = if y + j < ny { y + j } else { y + j - ny };
            let row = &grid[(x * ny + y) * stride + z..][..ORDER];
            let (mut value, mut slope) = (0.0, 0.0);
            for k in 0..ORDER {
                value += row[k] * weights[2][k];
                slope += row[k] * slopes[2][k];
            }
            let plain = weights[0][i] * weights[1][j];
            sum[0] += plain * value;
            sum[1] += slopes[0][i] * weights[1][j] * value;
            sum[2] += weights[0][i] * slopes[1][j] * value;
            sum[3] += plain * slope;
        }
    }
    sum
}

impl Bound for Mesh {
    fn evaluate(
        &mut self,
        cell: &Cell,
        positions_ang: &[[f64; 3]],
        _: &Neighbours,
        want: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        let plan = match self.plan.take() {
            Some(plan) if plan.cell == *cell => plan,
            old => self.plan(cell, old),
        };
        let plan = self.plan.insert(plan);
        let size @ [nx, ny, nz] = plan.fft.size();
        let splines = positions_ang.par_iter().with_min_len(BATCH);
        splines
            .map(|p| Splines::at(cell.to_fractional(*p), size))
            .collect_into_vec(&mut self.splines);
        spread(&mut plan.grid, size, &self.splines, &self.charges_e);

        let influence = &plan.influence;
        let alpha = self.alpha_per_ang;
        let mut virial = [[0.0; 3]; 3];
        plan.fft.convolve(
            &mut plan.grid,
            nz + ORDER,
            |ky, kz, row| {
                let factors = &influence[(kz * ny + ky) * nx..][..nx];
                let mut part = [[0.0; 3]; 3];
                if want.virial {
                    let both = if kz == 0 || 2 * kz == nz { 0.5 } else { 1.0 };
                    for (kx, (value, factor)) in row.iter().zip(factors).enumerate() {
                        if *factor == 0.0 {
                            continue;
                        }
                        let energy = both * factor * value.norm_sqr();
                        let k = wave_vector(cell, size, [kx, ky, kz]);
                        let k2 = k[0] * k[0] + k[1] * k[1] + k[2] * k[2];
                        let fall = energy * (2.0 / k2 + 0.5 / (alpha * alpha));
                        for i in 0..3 {
                            part[i][i] += energy;
                            for j in 0..3 {
                                part[i][j] -= fall * k[i] * k[j];
                            }
                        }
                    }
                }
                for (value, factor) in row.iter_mut().zip(factors) {
                    *value *= factor;
                }
                part
            },
            |part| {
                for i in 0..3 {
                    for j in 0..3 {
                        virial[i][j] += part[i][j];
                    }
                }
            },
        );
        for row in plan.grid.chunks_exact_mut(nz + ORDER) {
            row.copy_within(..ORDER, nz);
        }

        let inverse = cell.inverse();
        let grid = &plan.grid;
        out.forces.resize(positions_ang.len(), [0.0; 3]);
        out.energies_ev.resize(positions_ang.len(), 0.0);
        let results = out
            .forces
            .par_iter_mut()
            .zip(&mut out.energies_ev)
            .with_min_len(BATCH);
        results.zip(&self.splines).zip(&self.charges_e).for_each(
            |(((force, energy), splines), &q)| {
                let [potential, field @ ..] = read(grid, size, splines);
                let field: [f64; 3] =
                    std::array::from_fn(|axis| -q * field[axis] * size[axis] as f64);
                *force = std::array::from_fn(|k| {
                    field[0] * inverse[k][0] + field[1] * inverse[k][1] + field[2] * inverse[k][2]
                });
                *energy = 0.5 * q * potential;
            },
        );
        if want.energy || want.energies {
            out.energy_ev = out.energies_ev.iter().sum();
        }
        if want.virial {
            out.virial_ev = virial;
        }
        Ok(())
    }
}
