//! NumPy arrays: `.npz`, a zip archive of `.npy` members that are stored as they are, written and read one at a time.

use std::io::{self, Read, Seek, SeekFrom, Write};

use ndarray::{ArrayD, ArrayView, Dimension, IxDyn, ShapeBuilder};

const MAGIC: &[u8] = b"\x93NUMPY";

/// A number that NumPy has a type for.
pub trait Element: Copy {
    /// NumPy's name of the type.
    const DESCR: &'static str;
    fn write_le(self, out: &mut Vec<u8>);
    /// All numbers in these bytes; what is too short for one is left out.
    fn read_le(bytes: &[u8]) -> Vec<Self>;
}

macro_rules! element {
    ($ty:ty, $descr:literal) => {
        impl Element for $ty {
            const DESCR: &'static str = $descr;
            fn write_le(self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }
            fn read_le(bytes: &[u8]) -> Vec<Self> {
                let (numbers, _) = bytes.as_chunks();
                numbers
                    .iter()
                    .map(|bytes| <$ty>::from_le_bytes(*bytes))
                    .collect()
            }
        }
    };
}
element!(f64, "<f8");
element!(u16, "<u2");
element!(i64, "<i8");

/// The `.npy` form (version 1.0), the last axis running fastest.
fn npy<T: Element, D: Dimension>(array: &ArrayView<'_, T, D>) -> Vec<u8> {
    // One size needs a comma behind it to be a tuple.
    let dimensions: String = match array.shape() {
        [] => String::new(),
        sizes => {
            let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
            sizes.join(", ") + ","
        }
    };
    let mut header = format!(
        "{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
        T::DESCR,
        dimensions
    );
    // Magic, version and length take ten bytes; data begin at a multiple of 64.
    let padding = 63 - (10 + header.len()) % 64;
    header.push_str(&" ".repeat(padding));
    header.push('\n');
    let mut out = MAGIC.to_vec();
    out.extend([1, 0]);
    out.extend((header.len() as u16).to_le_bytes());
    out.extend(header.as_bytes());
    for value in array {
        value.write_le(&mut out);
    }
    out
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
    pub fn add<T: Element, D: Dimension>(
        &mut self,
        name: &str,
        array: ArrayView<'_, T, D>,
    ) -> io::Result<()> {
        let too_large =
            || io::Error::new(io::ErrorKind::FileTooLarge, "an npz archive ends at 4 GB");
        let data = npy(&array);
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

/// Why an archive or an array could not be read.
#[derive(Debug, thiserror::Error)]
pub enum NpzError {
    #[error("the archive could not be read: {0}")]
    Io(#[from] io::Error),
    #[error("this is no npz archive")]
    NotAnArchive,
    #[error("the archive has no array `{0}`")]
    NoArray(String),
    #[error("`{0}` is compressed; arrays are read as NumPy's `savez` stores them")]
    Compressed(String),
    #[error("`{0}` is damaged")]
    Damaged(String),
    #[error("`{name}` has numbers of type {found}, not {wanted}")]
    Type {
        name: String,
        found: String,
        wanted: &'static str,
    },
}

/// Reads the arrays of an archive by name, as they are asked for.
pub struct NpzReader<R: Read + Seek> {
    input: R,
    members: Vec<Member>,
}

struct Member {
    name: String,
    stored: bool,
    crc: u32,
    size: u32,
    offset: u32,
}

/// A number of two or four bytes at a place, if there are as many.
fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}

impl<R: Read + Seek> NpzReader<R> {
    /// Reads the directory at the end of the archive. Archives with remarks behind it are not read.
    pub fn new(mut input: R) -> Result<Self, NpzError> {
        let end = input.seek(SeekFrom::End(0))?;
        let tail = end.checked_sub(22).ok_or(NpzError::NotAnArchive)?;
        let last = bytes_at(&mut input, tail, 22)?;
        if !last.starts_with(b"PK\x05\x06") {
            return Err(NpzError::NotAnArchive);
        }
        let (size, start) = u32_at(&last, 12)
            .zip(u32_at(&last, 16))
            .ok_or(NpzError::NotAnArchive)?;
        let directory = bytes_at(&mut input, u64::from(start), u64::from(size))?;
        let mut members = Vec::new();
        let mut rest = directory.as_slice();
        while !rest.is_empty() {
            let (member, length) = Member::read(rest).ok_or(NpzError::NotAnArchive)?;
            members.push(member);
            rest = rest.get(length..).ok_or(NpzError::NotAnArchive)?;
        }
        Ok(NpzReader { input, members })
    }

    /// Names of the arrays in the order of the archive.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| member.name.as_str())
    }

    /// An array of any shape; its numbers are of the type asked for.
    pub fn array<T: Element>(&mut self, name: &str) -> Result<ArrayD<T>, NpzError> {
        let member = self
            .members
            .iter()
            .find(|member| member.name == name)
            .ok_or_else(|| NpzError::NoArray(name.into()))?;
        if !member.stored {
            return Err(NpzError::Compressed(name.into()));
        }
        let damaged = || NpzError::Damaged(name.into());
        // The header before the data repeats the name and has a length of extras of its own.
        let head = bytes_at(&mut self.input, u64::from(member.offset), 30)?;
        let (named, extra) = u16_at(&head, 26)
            .zip(u16_at(&head, 28))
            .ok_or_else(damaged)?;
        let data = u64::from(member.offset) + 30 + u64::from(named) + u64::from(extra);
        let bytes = bytes_at(&mut self.input, data, u64::from(member.size))?;
        if bytes.len() != member.size as usize || crc32fast::hash(&bytes) != member.crc {
            return Err(damaged());
        }
        let header = Header::read(&bytes).ok_or_else(damaged)?;
        if header.descr != T::DESCR {
            return Err(NpzError::Type {
                name: name.into(),
                found: header.descr,
                wanted: T::DESCR,
            });
        }
        let shape = IxDyn(&header.shape).set_f(header.fortran_order);
        ArrayD::from_shape_vec(shape, T::read_le(&bytes[header.length..])).map_err(|_| damaged())
    }
}

/// As many of the bytes from here on as there are.
fn bytes_at<R: Read + Seek>(input: &mut R, start: u64, length: u64) -> io::Result<Vec<u8>> {
    input.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    input.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Member {
    /// The first entry of a directory, and its length.
    fn read(entry: &[u8]) -> Option<(Member, usize)> {
        if !entry.starts_with(b"PK\x01\x02") {
            return None;
        }
        let lengths = [28, 30, 32].map(|at| u16_at(entry, at).map(usize::from));
        let [named, extra, remark] = lengths;
        let named = named?;
        let name = std::str::from_utf8(entry.get(46..46 + named)?).ok()?;
        let member = Member {
            name: name.strip_suffix(".npy").unwrap_or(name).to_owned(),
            stored: u16_at(entry, 10)? == 0,
            crc: u32_at(entry, 16)?,
            size: u32_at(entry, 24)?,
            offset: u32_at(entry, 42)?,
        };
        Some((member, 46 + named + extra? + remark?))
    }
}

/// What stands before the numbers of an array.
struct Header {
    descr: String,
    fortran_order: bool,
    shape: Vec<usize>,
    /// Where the numbers begin.
    length: usize,
}

impl Header {
    fn read(npy: &[u8]) -> Option<Header> {
        let version = npy.strip_prefix(MAGIC)?.first()?;
        let (start, length): (usize, usize) = match version {
            1 => (10, usize::from(u16_at(npy, 8)?)),
            _ => (12, usize::try_from(u32_at(npy, 8)?).ok()?),
        };
        let text = std::str::from_utf8(npy.get(start..start.checked_add(length)?)?).ok()?;
        let after = |key: &str| text.split_once(key).map(|(_, rest)| rest.trim_start());
        let descr = after("'descr':")?.strip_prefix('\'')?.split('\'').next()?;
        let shape = after("'shape':")?.strip_prefix('(')?.split(')').next()?;
        Some(Header {
            descr: descr.to_owned(),
            fortran_order: after("'fortran_order':")?.starts_with("True"),
            shape: shape
                .split(',')
                .map(str::trim)
                .filter(|size| !size.is_empty())
                .map(|size| size.parse().ok())
                .collect::<Option<_>>()?,
            length: start + length,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use ndarray::{Array, arr0, arr1, arr2};

    use super::*;

    /// Runs a script with the path as its argument. False where there is no NumPy.
    fn numpy(script: &str, path: &std::path::Path) -> bool {
        let has_numpy = std::process::Command::new("python3")
            .args(["-c", "import numpy"])
            .output();
        if !has_numpy.is_ok_and(|output| output.status.success()) {
            assert!(
                std::env::var_os("SYNTH_REQUIRE_PEERS").is_none(),
                "numpy is required here"
            );
            eprintln!("skipped: no numpy");
            return false;
        }
        let output = std::process::Command::new("python3")
            .args(["-c", script])
            .arg(path)
            .output()
            .expect("python");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        true
    }

    fn archive() -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        let mut writer = NpzWriter::new(&mut out);
        let cells = arr2(&[[0u16, 1, 2], [3, 4, 65535]]);
        writer.add("cells", cells.view()).expect("added");
        writer.add("turned", cells.t()).expect("added");
        writer.add("t", arr1(&[0.5, -1e300]).view()).expect("added");
        writer.add("one", arr0(-7i64).view()).expect("added");
        writer.finish().expect("finished");
        out.into_inner()
    }

    #[test]
    fn numpy_reads_what_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.npz");
        std::fs::write(&path, archive()).expect("written");
        numpy(
            "import sys, numpy as n\na = n.load(sys.argv[1])\n\
             assert a['cells'].tolist() == [[0,1,2],[3,4,65535]]\n\
             assert a['turned'].tolist() == [[0,3],[1,4],[2,65535]]\n\
             assert a['t'].tolist() == [0.5,-1e300]\nassert a['one'] == -7 and a['one'].shape == ()\n",
            &path,
        );
    }

    #[test]
    fn what_numpy_writes_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.npz");
        let script = "import sys, numpy as n\n\
             n.savez(sys.argv[1], c=n.arange(24.).reshape(2,3,4), f=n.asfortranarray([[1,2,3],[4,5,6]]), s=n.float64(2.5))\n";
        if !numpy(script, &path) {
            return;
        }
        let mut reader =
            NpzReader::new(std::fs::File::open(&path).expect("a file")).expect("an archive");
        assert_eq!(reader.names().collect::<Vec<_>>(), ["c", "f", "s"]);
        let c = reader.array::<f64>("c").expect("an array");
        assert_eq!(
            c,
            Array::from_iter((0..24).map(f64::from))
                .into_shape_with_order(IxDyn(&[2, 3, 4]))
                .expect("a shape")
        );
        let f = reader.array::<i64>("f").expect("an array");
        assert_eq!(f, arr2(&[[1, 2, 3], [4, 5, 6]]).into_dyn());
        assert_eq!(reader.array::<f64>("s").expect("one"), arr0(2.5).into_dyn());
    }

    #[test]
    fn what_is_written_is_read_back_and_faults_are_named() {
        let bytes = archive();
        let mut reader = NpzReader::new(Cursor::new(&bytes)).expect("an archive");
        let cells = reader.array::<u16>("cells").expect("an array");
        assert_eq!(cells, arr2(&[[0, 1, 2], [3, 4, 65535]]).into_dyn());
        assert_eq!(reader.array::<u16>("turned").expect("one"), cells.t());
        assert!(
            matches!(reader.array::<f64>("cells"), Err(NpzError::Type { found, .. }) if found == "<u2")
        );
        assert!(matches!(
            reader.array::<f64>("x"),
            Err(NpzError::NoArray(_))
        ));
        // Nothing that is done to an archive gives wrong numbers or a panic.
        let expected = ["cells", "turned"].map(|name| reader.array::<u16>(name).expect("one"));
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 0x55;
            for bad in [bad, bytes[..at].to_vec()] {
                let Ok(mut reader) = NpzReader::new(Cursor::new(bad)) else {
                    continue;
                };
                for (name, expected) in ["cells", "turned"].iter().zip(&expected) {
                    if let Ok(read) = reader.array::<u16>(name) {
                        assert_eq!(read, expected, "byte {at}");
                    }
                }
            }
        }
    }
}
