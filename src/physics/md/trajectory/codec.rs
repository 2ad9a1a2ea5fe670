//! Frames as bytes. Numbers are rounded to integers, integers become differences to the frame before, differences
//! are packed in as many bits as the largest of a block needs.

use crate::physics::structure::Cell;

use super::Frame;

/// Units per Å and per Å/fs.
const PER_ANG: f64 = 1e6;
const PER_ANG_FS: f64 = 1e9;
/// Numbers packed with the same width.
const BLOCK: usize = 96;
/// Step, time, segment, energy and cell: the least that a frame takes.
pub const HEAD: usize = 8 + 8 + 8 + 8 + 72;

/// The integers of the frame before, from which the next one differs: images, offsets and velocities one after the
/// other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Before(Vec<i64>);

pub fn encode(frame: &Frame, before: &mut Before, out: &mut Vec<u8>) {
    out.extend(frame.step.to_le_bytes());
    out.extend(frame.time_fs.to_le_bytes());
    out.extend((frame.segment as u64).to_le_bytes());
    out.extend(frame.potential_ev.to_le_bytes());
    for x in frame.cell.rows_ang().as_flattened() {
        out.extend(x.to_le_bytes());
    }
    let integers = |vectors: &[[f64; 3]], unit: f64| -> Vec<i64> {
        vectors
            .as_flattened()
            .iter()
            .map(|x| (x * unit).round() as i64)
            .collect()
    };
    let mut now = integers(&frame.images_ang, PER_ANG);
    now.extend(integers(&frame.offsets_ang, PER_ANG));
    if let Some(velocities) = &frame.velocities {
        now.extend(integers(velocities, PER_ANG_FS));
    }
    before.0.resize(now.len(), 0);
    let mut differences = [0u64; BLOCK];
    for (now, before) in now.chunks(BLOCK).zip(before.0.chunks(BLOCK)) {
        for ((difference, now), before) in differences.iter_mut().zip(now).zip(before) {
            let signed = now.wrapping_sub(*before);
            *difference = ((signed << 1) ^ (signed >> 63)) as u64;
        }
        pack(&differences[..now.len()], out);
    }
    before.0 = now;
}

fn pack(numbers: &[u64], out: &mut Vec<u8>) {
    let all = numbers.iter().fold(0, |all, x| all | x);
    let width = 64 - all.leading_zeros();
    out.push(width as u8);
    let (mut held, mut bits) = (0u128, 0);
    for x in numbers {
        held |= u128::from(*x) << bits;
        bits += width;
        while bits >= 8 {
            out.push(held as u8);
            held >>= 8;
            bits -= 8;
        }
    }
    if bits > 0 {
        out.push(held as u8);
    }
}

/// Bytes to be read from the front; running out of them is `None`.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn word(&mut self) -> Option<[u8; 8]> {
        self.take(8)?.try_into().ok()
    }
}

/// The next frame of `atoms` atoms and how many bytes it took; nothing if it is none.
pub fn decode(
    bytes: &[u8],
    atoms: usize,
    velocities: bool,
    before: &mut Before,
) -> Option<(Frame, usize)> {
    if bytes.len() < HEAD {
        return None;
    }
    let mut rest = Bytes(bytes);
    let step = u64::from_le_bytes(rest.word()?);
    let time_fs = f64::from_le_bytes(rest.word()?);
    let segment = u64::from_le_bytes(rest.word()?) as usize;
    let potential_ev = f64::from_le_bytes(rest.word()?);
    let mut rows = [[0.0; 3]; 3];
    for x in rows.as_flattened_mut() {
        *x = f64::from_le_bytes(rest.word()?);
    }
    let arrays = if velocities { 3 } else { 2 };
    before.0.resize(arrays * 3 * atoms, 0);
    for block in before.0.chunks_mut(BLOCK) {
        unpack(&mut rest, block)?;
    }
    let vectors = |array: usize, unit: f64| -> Vec<[f64; 3]> {
        before.0[array * 3 * atoms..(array + 1) * 3 * atoms]
            .chunks_exact(3)
            .map(|x| std::array::from_fn(|k| x[k] as f64 / unit))
            .collect()
    };
    let frame = Frame {
        step,
        time_fs,
        segment,
        potential_ev,
        cell: Cell::new(rows).ok()?,
        images_ang: vectors(0, PER_ANG),
        offsets_ang: vectors(1, PER_ANG),
        velocities: velocities.then(|| vectors(2, PER_ANG_FS)),
    };
    Some((frame, bytes.len() - rest.0.len()))
}

fn unpack(bytes: &mut Bytes, values: &mut [i64]) -> Option<()> {
    let width = u32::from(bytes.take(1)?[0]);
    if width > 64 {
        return None;
    }
    let packed = bytes.take((values.len() * width as usize).div_ceil(8))?;
    let mask = (1u128 << width) - 1;
    let mut packed = packed.iter();
    let (mut held, mut bits) = (0u128, 0);
    for value in values {
        while bits < width {
            held |= u128::from(*packed.next()?) << bits;
            bits += 8;
        }
        let x = (held & mask) as u64;
        held >>= width;
        bits -= width;
        let signed = (x >> 1) as i64 ^ -((x & 1) as i64);
        *value = value.wrapping_add(signed);
    }
    Some(())
}
