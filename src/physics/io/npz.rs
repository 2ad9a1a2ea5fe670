//! NumPy arrays: `.npz`, a zip archive of `.npy` members that are stored as they are, written one at a time.

use std::io::{self, Seek, Write};

/// The numbers of an array, the last axis running fastest.
#[derive(Debug, Clone, Copy)]
pub enum Array<'a> {
    F64(&'a [f64]),
    U16(&'a [u16]),
    I64(&'a [i64]),
}

impl Array<'_> {
    fn descr(&self) -> &'static str {
        match self {
            Array::F64(_) => "<f8",
            Array::U16(_) => "<u2",
            Array::I64(_) => "<i8",
        }
    }

    fn len(&self) -> usize {
        match self {
            Array::F64(values) => values.len(),
            Array::U16(values) => values.len(),
            Array::I64(values) => values.len(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Array::F64(values) => values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
            Array::U16(values) => values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
            Array::I64(values) => values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        }
    }
}

/// The `.npy` form (version 1.0) of an array of this shape.
fn npy(shape: &[usize], array: Array<'_>) -> io::Result<Vec<u8>> {
    if shape.iter().product::<usize>() != array.len() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the shape does not fit the array",
        ));
    }
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    // One size needs a comma behind it to be a tuple.
    let dimensions = sizes.join(", ") + ",";
    let mut header = format!(
        "{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
        array.descr(),
        dimensions
    );
    // Magic, version and length take ten bytes; data begin at a multiple of 64.
    let padding = 63 - (10 + header.len()) % 64;
    header.push_str(&" ".repeat(padding));
    header.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((header.len() as u16).to_le_bytes());
    out.extend(header.as_bytes());
    out.extend(array.bytes());
    Ok(out)
}

/// Writes members as they come; memory holds one at a time. Members are below 4 GB each and in all.
pub struct NpzWriter<W: Write + Seek> {
    out: W,
    directory: Vec<u8>,
    members: u16,
}

impl<W: Write + Seek> NpzWriter<W> {
    pub fn new(out: W) -> Self {
        NpzWriter {
            out,
            directory: Vec::new(),
            members: 0,
        }
    }

    /// Adds an array under a name.
    pub fn add(&mut self, name: &str, shape: &[usize], array: Array<'_>) -> io::Result<()> {
        let too_large =
            || io::Error::new(io::ErrorKind::FileTooLarge, "an npz archive ends at 4 GB");
        let data = npy(shape, array)?;
        let name = format!("{name}.npy");
        let offset = u32::try_from(self.out.stream_position()?).map_err(|_| too_large())?;
        let size = u32::try_from(data.len()).map_err(|_| too_large())?;
        let crc = crc32fast::hash(&data);
        // Version, flags, method (stored), time and date (1980-01-01: archives of equal content are equal).
        let mut common = Vec::new();
        common.extend(20u16.to_le_bytes());
        common.extend([0; 4]);
        common.extend(0u16.to_le_bytes());
        common.extend(0x21u16.to_le_bytes());
        common.extend(crc.to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend(0u16.to_le_bytes());
        self.out.write_all(b"PK\x03\x04")?;
        self.out.write_all(&common)?;
        self.out.write_all(name.as_bytes())?;
        self.out.write_all(&data)?;
        self.directory.extend(b"PK\x01\x02");
        self.directory.extend(20u16.to_le_bytes());
        self.directory.extend(&common);
        // No comment, first disk, no attributes.
        self.directory.extend([0; 10]);
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.members = self.members.checked_add(1).ok_or_else(too_large)?;
        Ok(())
    }

    /// Writes the directory; without it the archive cannot be read.
    pub fn finish(mut self) -> io::Result<()> {
        let offset = u32::try_from(self.out.stream_position()?)
            .map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
        self.out.write_all(&self.directory)?;
        self.out.write_all(b"PK\x05\x06")?;
        self.out.write_all(&[0; 4])?;
        self.out.write_all(&self.members.to_le_bytes())?;
        self.out.write_all(&self.members.to_le_bytes())?;
        self.out
            .write_all(&(self.directory.len() as u32).to_le_bytes())?;
        self.out.write_all(&offset.to_le_bytes())?;
        self.out.write_all(&[0; 2])?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numpy_reads_what_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.npz");
        let mut writer = NpzWriter::new(std::fs::File::create(&path).expect("a file"));
        writer
            .add("cells", &[2, 3], Array::U16(&[0, 1, 2, 3, 4, 65535]))
            .expect("added");
        writer
            .add("t", &[2], Array::F64(&[0.5, -1e300]))
            .expect("added");
        assert!(writer.add("no", &[3], Array::I64(&[1])).is_err());
        writer.finish().expect("finished");
        let script = "import sys, numpy as n\na = n.load(sys.argv[1])\nassert a['cells'].tolist() == [[0,1,2],[3,4,65535]]\nassert a['t'].tolist() == [0.5,-1e300]\n";
        let has_numpy = std::process::Command::new("python3")
            .args(["-c", "import numpy"])
            .output();
        if !has_numpy.is_ok_and(|output| output.status.success()) {
            assert!(
                std::env::var_os("SYNTH_REQUIRE_PEERS").is_none(),
                "numpy is required here"
            );
            eprintln!("skipped: no numpy");
            return;
        }
        let output = std::process::Command::new("python3")
            .args(["-c", script])
            .arg(&path)
            .output()
            .expect("python");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
