//! Lists the files of `stdlib/` so that the binary carries them.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("stdlib");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let mut list = String::from("[");
    for file in &files {
        let name = file
            .strip_prefix(&root)
            .expect("a file of stdlib")
            .to_string_lossy()
            .replace('\\', "/");
        write!(
            list,
            "({name:?}, include_bytes!({:?}).as_slice()), ",
            file.to_string_lossy()
        )
        .expect("a string takes all");
    }
    list.push(']');
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    std::fs::write(out.join("library.rs"), list).expect("the build directory can be written");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder)
        .expect("stdlib can be read")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            println!("cargo:rerun-if-changed={}", path.display());
            collect(&path, files);
        } else {
            println!("cargo:rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
}
