mod bad_input;
mod exactness;
mod example;
mod formats;
mod fuzz;
mod published;
mod samples;
mod size;
