mod analytic;
mod common;
mod coverage;
mod derived;
mod faults;
mod published;
