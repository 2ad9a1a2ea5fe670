//! The tensor of velocities in place of that of displacements.

use super::TransportError;
use super::bootstrap;
use super::temperature::root_in_frame;
use super::tensor::{Freedom, TransportTensor};

impl TransportTensor {
    /// The same with L by the relation of Green and Kubo, whose errors are those of its plateau, or of replicas where those
    /// of the displacements are; self terms stay those of displacements, which are surer.
    pub fn by_green_kubo(mut self) -> Result<Self, TransportError> {
        let fluxes = self
            .green_kubo
            .clone()
            .ok_or(TransportError::NoVelocities)?;
        let null = self.frame.null_vector(&self.species)?;
        self.l = fluxes.l;
        let modes = self.species.len() - 1;
        // Of a mode that noise has made negative, no more is known than its error.
        let factor = root_in_frame(&self.l, &null, 2.0 / fluxes.degrees);
        let before = self.freedom.as_ref();
        let drawn = match before.and_then(|freedom| freedom.drawn.as_ref()) {
            Some(_) => Some(bootstrap::relative(&fluxes.replicas, &factor)?),
            None => None,
        };
        self.freedom = Some(Freedom {
            degrees: vec![fluxes.degrees; modes],
            crossed: Vec::new(),
            replicas: before.map_or(1, |freedom| freedom.replicas),
            excess: None,
            own: before.and_then(|freedom| freedom.own),
            drawn,
            factor,
        });
        let before = self.convergence.clone();
        let (tolerance, length_fs) =
            before.map_or((0.2, 0.0), |one| (one.tolerance, one.length_fs));
        self.finish(tolerance, length_fs)?;
        Ok(self)
    }
}
