mod example;
mod published;
