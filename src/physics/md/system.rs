//! Atoms in motion.

use crate::base::Element;
use crate::base::constants::{ATOMIC_MASS_EV_FS2_PER_ANG2, BOLTZMANN_EV_PER_K};
use crate::physics::numerics::Stream;
use crate::physics::structure::{Cell, CellError, Structure};

use super::matrix::{Matrix, scaled, times};
use super::passes::{Bath, Inertia, Moving};

/// An atom that moves further than this within a step is lost.
const FURTHEST_ANG: f64 = 0.5;

#[derive(Debug, Clone)]
pub struct System {
    pub elements: Vec<Element>,
    /// eV fs²/Å².
    pub masses: Vec<f64>,
    pub inertia: Inertia,
    pub cell: Cell,
    /// An image of each atom, right up to whole cells; it moves without jumps but for [`System::wrap`].
    pub positions: Vec<[f64; 3]>,
    /// Unwrapped positions are positions + offsets. They change when an image is changed for another, by the lattice
    /// vectors of that moment, so that displacements stay bounded when the cell breathes (the toroidal view: Bullerjahn
    /// et al., J. Chem. Theory Comput. 19, 3406, 2023).
    pub offsets: Vec<[f64; 3]>,
    /// Å/fs.
    pub velocities: Vec<[f64; 3]>,
    /// The centre of mass of the images, about which a barostat scales.
    pub centre: [f64; 3],
    /// Σ m v², eV: kept by whoever changes velocities.
    pub twice_kinetic: f64,
    /// Room for the noise of a step.
    pub normals: Vec<[f64; 3]>,
}

/// An atom that went too far in a step.
#[derive(Debug, Clone, Copy)]
pub struct Lost {
    pub atom: usize,
    pub moved_ang: f64,
}

/// Σ m v ⊗ v: xx, yy, zz, xy, xz, yz.
#[derive(Default)]
pub struct Kinetic([f64; 6]);

impl Kinetic {
    #[inline(always)]
    pub fn add(&mut self, mass: f64, v: &[f64; 3]) {
        let [x, y, z] = *v;
        let products = [x * x, y * y, z * z, x * y, x * z, y * z];
        for (sum, product) in self.0.iter_mut().zip(products) {
            *sum += mass * product;
        }
    }

    pub fn tensor(&self) -> Matrix {
        let [xx, yy, zz, xy, xz, yz] = self.0;
        [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]
    }
}

/// A component of a velocity up to which no atom is lost.
pub fn most_component(time_fs: f64) -> f64 {
    FURTHEST_ANG / time_fs / 3.0f64.sqrt()
}

impl System {
    pub fn new(start: &Structure) -> Self {
        let n = start.len();
        let masses: Vec<f64> = start
            .elements
            .iter()
            .map(|element| element.mass_u() * ATOMIC_MASS_EV_FS2_PER_ANG2)
            .collect();
        let mut system = System {
            elements: start.elements.clone(),
            inertia: Inertia::new(&masses),
            masses,
            cell: start.cell,
            positions: start.positions_ang.clone(),
            offsets: vec![[0.0; 3]; n],
            velocities: vec![[0.0; 3]; n],
            centre: [0.0; 3],
            twice_kinetic: 0.0,
            normals: Vec::new(),
        };
        system.find_centre();
        system
    }

    pub fn len(&self) -> usize {
        self.masses.len()
    }

    /// 3n − 3: the centre of mass rests. A single atom keeps its three.
    pub fn freedom(&self) -> f64 {
        if self.len() == 1 {
            3.0
        } else {
            (3 * self.len() - 3) as f64
        }
    }

    pub fn temperature_k(&self) -> f64 {
        self.twice_kinetic / (self.freedom() * BOLTZMANN_EV_PER_K)
    }

    /// Draws velocities from Maxwell's distribution, without momentum, at this temperature exactly.
    pub fn draw_velocities(&mut self, temperature_k: f64, stream: &mut Stream) {
        for (v, mass) in self.velocities.iter_mut().zip(&self.masses) {
            let width = (1.0 / mass).sqrt();
            *v = std::array::from_fn(|_| width * stream.normal());
        }
        self.remove_momentum();
        self.measure_kinetic();
        let wanted = self.freedom() * BOLTZMANN_EV_PER_K * temperature_k;
        if self.twice_kinetic > 0.0 {
            self.scale_velocities((wanted / self.twice_kinetic).sqrt());
        }
    }

    pub fn rest(&mut self) {
        self.velocities.fill([0.0; 3]);
        self.twice_kinetic = 0.0;
    }

    pub fn momentum(&self) -> [f64; 3] {
        let mut sum = [0.0; 3];
        for (v, mass) in self.velocities.iter().zip(&self.masses) {
            for k in 0..3 {
                sum[k] += mass * v[k];
            }
        }
        sum
    }

    /// Lets the centre of mass rest. Of a single atom nothing would be left.
    fn remove_momentum(&mut self) {
        if self.len() == 1 {
            return;
        }
        let mass: f64 = self.masses.iter().sum();
        let drift = self.momentum().map(|p| p / mass);
        for v in &mut self.velocities {
            for k in 0..3 {
                v[k] -= drift[k];
            }
        }
    }

    pub fn measure_kinetic(&mut self) {
        self.twice_kinetic = self
            .velocities
            .iter()
            .zip(&self.masses)
            .map(|(v, mass)| mass * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]))
            .sum();
    }

    /// Σ m v ⊗ v, eV.
    pub fn kinetic_tensor(&self) -> Matrix {
        let mut kinetic = Kinetic::default();
        for (v, mass) in self.velocities.iter().zip(&self.masses) {
            kinetic.add(*mass, v);
        }
        kinetic.tensor()
    }

    pub fn scale_velocities(&mut self, factor: f64) {
        for v in &mut self.velocities {
            *v = v.map(|x| x * factor);
        }
        self.twice_kinetic *= factor * factor;
    }

    /// As [`System::scale_velocities`], and what [`System::kinetic_tensor`] is then, to the last bit.
    pub fn scale_and_measure(&mut self, factor: f64) -> Matrix {
        let mut kinetic = Kinetic::default();
        for (v, mass) in self.velocities.iter_mut().zip(&self.masses) {
            let now = v.map(|x| x * factor);
            kinetic.add(*mass, &now);
            *v = now;
        }
        self.twice_kinetic *= factor * factor;
        kinetic.tensor()
    }

    fn moving<'a>(&'a mut self, forces: &'a [[f64; 3]]) -> Moving<'a> {
        Moving {
            positions: &mut self.positions,
            velocities: &mut self.velocities,
            forces,
            inertia: &self.inertia,
        }
    }

    /// v += F/m · time, then measures the kinetic energy.
    pub fn kick_and_measure(&mut self, forces: &[[f64; 3]], time_fs: f64) {
        self.twice_kinetic = self.moving(forces).kick(time_fs);
    }

    /// v += F/m · `kick_fs`, then r += v · `drift_fs`. The kinetic energy is to be measured again.
    pub fn kick_and_drift(
        &mut self,
        forces: &[[f64; 3]],
        kick_fs: f64,
        drift_fs: f64,
    ) -> Result<(), Lost> {
        let most = most_component(drift_fs);
        let fine = self.moving(forces).kick_and_drift(kick_fs, drift_fs, most);
        self.unless_lost(fine, drift_fs)
    }

    /// As [`System::kick_and_drift`] with a bath in the midst of the drift; returns the energy that it gave to the atoms.
    pub fn drift_in_a_bath(
        &mut self,
        forces: &[[f64; 3]],
        bath: &Bath<'_>,
        kick_fs: f64,
        drift_fs: f64,
    ) -> Result<f64, Lost> {
        let most = most_component(drift_fs);
        let bathed = self
            .moving(forces)
            .drift_in_a_bath(bath, kick_fs, 0.5 * drift_fs, most);
        self.unless_lost(bathed.fine, drift_fs)?;
        Ok(0.5 * (bathed.after - bathed.before))
    }

    /// r += v · time.
    pub fn drift(&mut self, time_fs: f64) -> Result<(), Lost> {
        let most = most_component(time_fs);
        let mut fine = true;
        for (r, v) in self.positions.iter_mut().zip(&self.velocities) {
            for k in 0..3 {
                r[k] += time_fs * v[k];
                fine &= v[k].abs() <= most;
            }
        }
        self.unless_lost(fine, time_fs)
    }

    /// Which atom goes too far in `time_fs`, or has a velocity that is not a number, unless all are known to be fine.
    pub fn unless_lost(&self, fine: bool, time_fs: f64) -> Result<(), Lost> {
        if fine {
            return Ok(());
        }
        let moved_ang = |v: &[f64; 3]| time_fs * v.iter().map(|x| x * x).sum::<f64>().sqrt();
        let each = self.velocities.iter().map(moved_ang).enumerate();
        match each
            .into_iter()
            .find(|(_, moved)| moved.is_nan() || *moved > FURTHEST_ANG)
        {
            None => Ok(()),
            Some((atom, moved_ang)) => Err(Lost { atom, moved_ang }),
        }
    }

    /// Scales cell and positions by a matrix (from the right), about the centre.
    pub fn deform(&mut self, matrix: &Matrix) -> Result<(), CellError> {
        self.cell = self.cell.transformed(matrix)?;
        let centre = self.centre;
        for r in &mut self.positions {
            let from = std::array::from_fn(|k| r[k] - centre[k]);
            let to = times(from, matrix);
            *r = std::array::from_fn(|k| centre[k] + to[k]);
        }
        Ok(())
    }

    pub fn scale(&mut self, factor: f64) -> Result<(), CellError> {
        self.deform(&scaled(&super::matrix::IDENTITY, factor))
    }

    /// Whether an image is so far from the home cell that scaling about the centre would move it much.
    pub fn has_strayed(&self) -> bool {
        self.positions.iter().any(|r| {
            self.cell
                .to_fractional(*r)
                .iter()
                .any(|s| !(-0.5..1.5).contains(s))
        })
    }

    /// Takes the image of every atom that lies in the home cell.
    pub fn wrap(&mut self) {
        let rows = self.cell.rows_ang();
        for (r, offset) in self.positions.iter_mut().zip(&mut self.offsets) {
            let (_, shift) = self.cell.wrap(*r);
            if shift != [0; 3] {
                let by = times(shift.map(f64::from), &rows);
                for k in 0..3 {
                    r[k] -= by[k];
                    offset[k] += by[k];
                }
            }
        }
        self.find_centre();
    }

    pub fn find_centre(&mut self) {
        let mut sum = [0.0; 3];
        for (r, mass) in self.positions.iter().zip(&self.masses) {
            for k in 0..3 {
                sum[k] += mass * r[k];
            }
        }
        let mass: f64 = self.masses.iter().sum();
        self.centre = sum.map(|x| x / mass);
    }

    pub fn unwrapped(&self) -> Vec<[f64; 3]> {
        self.positions
            .iter()
            .zip(&self.offsets)
            .map(|(r, offset)| std::array::from_fn(|k| r[k] + offset[k]))
            .collect()
    }

    pub fn mass_u(&self) -> f64 {
        self.masses.iter().sum::<f64>() / ATOMIC_MASS_EV_FS2_PER_ANG2
    }
}
