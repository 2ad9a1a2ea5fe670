//! The tensor of velocities in place of that of displacements.

use super::TransportError;
use super::bootstrap;
use super::matrix::trace;
use super::temperature::root_in_frame;
use super::tensor::{Freedom, TransportTensor};

impl TransportTensor {
    /// Takes L of Green and Kubo's relation, whose errors are those of its plateau, of the scatter of replicas where they
    /// scatter more, or of replicas alone. Self terms stay those of displacements, which are surer. What follows from L
    /// is left to be found anew.
    pub(super) fn take_green_kubo(&mut self, by_replicas: bool) -> Result<(), TransportError> {
        let fluxes = self
            .green_kubo
            .as_ref()
            .ok_or(TransportError::NoVelocities)?;
        let null = self.frame.null_vector(&self.species)?;
        // Of a mode that noise has made negative, no more is known than its error; how large it may be, displacements tell.
        let least = 2.0 / fluxes.degrees * trace(&self.l).abs();
        let factor = root_in_frame(&fluxes.l, &null, least);
        let replicas = bootstrap::relative(&fluxes.replicas, &factor)?;
        let mut freedom = Freedom {
            degrees: vec![fluxes.degrees; self.species.len() - 1],
            crossed: Vec::new(),
            factor,
            replicas: replicas.len(),
            excess: None,
            own: self.freedom.as_ref().and_then(|freedom| freedom.own),
            drawn: None,
        };
        freedom.excess = bootstrap::excess(&replicas, &freedom);
        freedom.drawn = by_replicas.then_some(replicas);
        self.l.clone_from(&fluxes.l);
        self.freedom = Some(freedom);
        Ok(())
    }
}
