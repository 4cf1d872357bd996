//! The random stream of every resampling in this crate.
//!
//! SplitMix64 (Steele, Lea, Flood 2014) is a counter passed through a mixing function, so output number k is found
//! without the k outputs before it. Draw b of item i always uses output b·n + i: no result can depend on threads,
//! batches or order.

/// The counter's increment: 2⁶⁴ divided by the golden ratio, made odd.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// How often something is redrawn, and from which stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    /// Seed of the stream.
    pub seed: u64,
    /// Number of draws, at least 1.
    pub draws: u64,
}

/// Output number `k` (from 0) of the stream with this seed.
pub fn output(seed: u64, k: u64) -> u64 {
    let mut z = seed.wrapping_add(GAMMA.wrapping_mul(k.wrapping_add(1)));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The sign that an output stands for: +1 if its top bit is 0, else −1.
pub fn sign(output: u64) -> i64 {
    1 - 2 * (output >> 63) as i64
}

/// The index below `n` that an output stands for: its top 53 bits as a fraction of n. 0 for `n` = 0.
pub fn index(output: u64, n: usize) -> usize {
    ((u128::from(output >> 11) * n as u128) >> 53) as usize
}

/// Signs of `n` items in draw `draw` of a sign-flip test.
pub fn signs(seed: u64, draw: u64, n: usize) -> impl Iterator<Item = i64> {
    let start = draw.wrapping_mul(n as u64);
    (0..n as u64).map(move |item| sign(output(seed, start.wrapping_add(item))))
}

/// The same signs as ±1.0, written over `signs`; its length is n.
pub fn fill_signs(seed: u64, draw: u64, signs: &mut [f64]) {
    let start = draw.wrapping_mul(signs.len() as u64);
    for (item, sign) in signs.iter_mut().enumerate() {
        let top = output(seed, start.wrapping_add(item as u64)) & (1 << 63);
        *sign = f64::from_bits(1.0_f64.to_bits() | top);
    }
}

/// Resampled indices of a stratum of `n` items in draw `draw` of a bootstrap; stratum h restarts with seed + h.
pub fn resample(seed: u64, stratum: usize, draw: u64, n: usize) -> impl Iterator<Item = usize> {
    let seed = seed.wrapping_add(stratum as u64);
    let start = draw.wrapping_mul(n as u64);
    (0..n as u64).map(move |item| index(output(seed, start.wrapping_add(item)), n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!([0, 1, 2].map(|k| output(1_234_567, k)), expected);
    }

    #[test]
    fn both_forms_of_the_signs_agree() {
        let mut filled = [0.0; 40];
        fill_signs(5, 3, &mut filled);
        let one_by_one: Vec<f64> = signs(5, 3, 40).map(|sign| sign as f64).collect();
        assert_eq!(filled[..], one_by_one);
    }

    #[test]
    fn indices_stay_below_n() {
        assert_eq!(index(u64::MAX, 40), 39);
        assert_eq!(index(0, 40), 0);
        assert_eq!(index(u64::MAX, 0), 0);
    }
}
