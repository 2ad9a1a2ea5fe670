use crate::base::Element;
use crate::physics::analysis::SeriesError;
use crate::physics::io::trajectory::TrajectoryError;

/// Why there are no transport coefficients.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TransportError {
    #[error("there are no frames")]
    NoFrames,
    #[error("run {run}: {error}")]
    Frames { run: usize, error: TrajectoryError },
    #[error("run {run} has other atoms than the first, or the same in another order")]
    OtherAtoms { run: usize },
    #[error("run {run} has no positions that follow the atoms: {why}")]
    NotFollowed { run: usize, why: String },
    #[error("the frames of run {run} have no times")]
    NoTimes { run: usize },
    #[error("run {run}: {error}")]
    Times { run: usize, error: SeriesError },
    #[error("run {run} has a frame every {interval_fs} fs, the first run every {first_fs} fs")]
    OtherInterval {
        run: usize,
        interval_fs: f64,
        first_fs: f64,
    },
    #[error(
        "atom {atom} of run {run} moves by {moved_ang:.2} Å, more than half of the cell, between frames {} and {frame}",
        frame - 1
    )]
    Jump {
        run: usize,
        frame: usize,
        /// From 1.
        atom: usize,
        moved_ang: f64,
    },
    #[error(
        "the centre of mass of run {run} moves at random, by {moved_ang:.2} Å in {over_fs} fs: a thermostat gives and \
         takes momentum"
    )]
    MomentumNotConserved {
        run: usize,
        moved_ang: f64,
        over_fs: f64,
    },
    #[error("{frames} frames ({length_fs} fs) are too few for it")]
    TooShort {
        frames: usize,
        length_fs: f64,
        /// With the same interval between frames.
        needed_frames: usize,
        needed_fs: f64,
    },
    #[error("the atoms do not diffuse within the {length_fs} fs of the run")]
    NotDiffusive { length_fs: f64 },
    #[error(
        "a window from {from_fs} fs to {to_fs} fs does not fit a run of {length_fs} fs with a frame every {interval_fs} fs"
    )]
    Window {
        from_fs: f64,
        to_fs: f64,
        length_fs: f64,
        interval_fs: f64,
    },
    #[error("there is one species only, and its collective motion against itself is none")]
    OneSpecies,
    #[error("{given} partial molar volumes for {species} species give no reference velocity")]
    PartialVolumes { given: usize, species: usize },
    #[error(
        "a tensor needs a reference velocity: in the laboratory frame a drift counts as diffusion"
    )]
    NoReference,
    #[error("there is no species {name}")]
    NoSpecies { name: String, known: Vec<String> },
    #[error("{labels} labels were given for {atoms} atoms")]
    Labels { labels: usize, atoms: usize },
    #[error("label {label} stands for both {first} and {second}")]
    MixedLabel {
        label: String,
        first: Element,
        second: Element,
    },
    #[error("{0} K is no temperature")]
    Temperature(f64),
    #[error("{name} has no charge, or one that is not a finite number")]
    NoCharge { name: String },
    #[error("all charges are 0: nothing is conducted")]
    ZeroCharges,
    #[error("it is not above 0 at {temperature_k} K, and has no logarithm")]
    NotPositive { temperature_k: f64 },
    #[error("the conductivity is not above 0, which leaves nothing to divide by")]
    NoConductivity,
    #[error("the run has no velocities")]
    NoVelocities,
    #[error("{what} needs self-diffusion coefficients, and the tensor has none")]
    NoSelf { what: &'static str },
    #[error("the tensor is singular but for its frame: {0}")]
    Singular(String),
    #[error("{what} needs the number of atoms in the cell, which is not known")]
    Uncounted { what: &'static str },
    #[error(
        "the {what} change too much from one to the next, {apart_fs} fs apart, for the integral of Green and Kubo"
    )]
    Coarse { what: &'static str, apart_fs: f64 },
    #[error(
        "the atoms of run {run} that are held in their places make the centre of mass move with the others"
    )]
    Held { run: usize },
    #[error("the tensors are of different systems: {0}")]
    Different(String),
    #[error("{what} needs {needed}; there are {given}")]
    TooFew {
        what: &'static str,
        needed: &'static str,
        given: usize,
    },
    #[error("errors of replicas need {needed} of them at least; there {are} {given}", are = if *given == 1 { "is" } else { "are" })]
    TooFewReplicas { given: usize, needed: usize },
    #[error("{0}")]
    Malformed(String),
    #[error("cancelled")]
    Cancelled,
}

impl TransportError {
    /// An edit that works.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            TransportError::NoFrames => "give a trajectory with frames".into(),
            TransportError::Frames { error, .. } => error.help.clone(),
            TransportError::OtherAtoms { .. } => {
                "replicas are runs of the same atoms in the same order; analyse others apart".into()
            }
            TransportError::NotFollowed { .. } => {
                "write unwrapped positions (`xu yu zu`) or image flags (`ix iy iz`), or frames often enough that no atom \
                 crosses 0.4 of the cell between two"
                    .into()
            }
            TransportError::NoTimes { .. } => "give the time between frames".into(),
            TransportError::Times {
                error: SeriesError::TooFew,
                ..
            } => "give a run with more frames".into(),
            TransportError::Times { .. } | TransportError::OtherInterval { .. } => {
                "take frames at equal intervals: drop what lies between, or write the run anew".into()
            }
            TransportError::Jump { .. } => {
                "give unwrapped positions, in the same order of atoms in every frame; write frames more often".into()
            }
            TransportError::MomentumNotConserved { .. } => {
                "run at constant energy, or with a thermostat that conserves momentum (Nosé-Hoover, Bussi); Langevin \
                 dynamics changes how atoms diffuse"
                    .into()
            }
            TransportError::TooShort {
                needed_frames,
                needed_fs,
                ..
            } => format!(
                "run for at least {} ps: {needed_frames} frames at this interval",
                needed_fs / 1000.0
            ),
            TransportError::NotDiffusive { .. } => {
                "run longer, or hotter; or name the window yourself if you know that this is all there is".into()
            }
            TransportError::Window { length_fs, .. } => format!(
                "begin at one interval or later, end at one and a half times that or later and not after {} fs",
                length_fs / 2.0
            ),
            TransportError::OneSpecies => {
                "its self-diffusion is the slope of `structure_analysis.displacements`; here give the species that it moves \
                 against"
                    .into()
            }
            TransportError::PartialVolumes { species, .. } => {
                format!("give {species} finite volumes with a sum over the atoms above 0, in the order of the species")
            }
            TransportError::NoReference => "take the barycentric frame, or that of a species".into(),
            TransportError::NoSpecies { known, .. } => format!("there are {}", known.join(", ")),
            TransportError::Labels { atoms, .. } => format!("give {atoms} labels, one for each atom"),
            TransportError::MixedLabel { .. } => "give each element labels of its own".into(),
            TransportError::Temperature(_) => "give a temperature above 0 K".into(),
            TransportError::NoCharge { .. } => "give the charge of every species".into(),
            TransportError::ZeroCharges => "give charges of which some are not 0".into(),
            TransportError::NotPositive { temperature_k } => {
                format!("leave {temperature_k} K out, or take a surer tensor there")
            }
            TransportError::NoConductivity => "run longer".into(),
            TransportError::NoVelocities => "write velocities with the frames, or use positions".into(),
            TransportError::NoSelf { .. } => "give the self terms with the tensor".into(),
            TransportError::Singular(_) => "run longer, or leave out species that do not move".into(),
            TransportError::Uncounted { .. } => {
                "give the column `atoms` in the table, the atoms in the volume".into()
            }
            TransportError::Coarse { .. } => "write them more often, like `log: 10 fs`".into(),
            TransportError::Held { .. } => {
                "take them as the frame: `frame: lattice(of: O)` if they are O".into()
            }
            TransportError::Different(_) => {
                "give tensors of the same species and frame at different temperatures".into()
            }
            TransportError::TooFew { needed, .. } => format!("give {needed}"),
            TransportError::TooFewReplicas { needed, .. } => {
                format!("give {needed} runs or more, or take errors from their lengths")
            }
            TransportError::Malformed(_) | TransportError::Cancelled => return None,
        })
    }
}
