//! Complex numbers of neighbouring frequencies, worked on side by side.

use std::f64::consts::PI;

/// Frequencies that are worked on side by side.
pub const LANES: usize = 32;

/// [`LANES`] complex numbers: real parts, imaginary parts.
#[derive(Clone, Copy)]
pub struct Lanes {
    /// Real parts.
    pub re: [f64; LANES],
    /// Imaginary parts.
    pub im: [f64; LANES],
}

impl Lanes {
    /// 1 in each lane.
    pub const ONE: Self = Self {
        re: [1.0; LANES],
        im: [0.0; LANES],
    };

    /// e^{iα} for each lane's angle.
    pub fn turns(angle: impl Fn(u64) -> f64) -> Self {
        let mut lanes = Self::ONE;
        for ((re, im), lane) in lanes.re.iter_mut().zip(&mut lanes.im).zip(0..) {
            (*im, *re) = angle(lane).sin_cos();
        }
        lanes
    }

    /// Each number turned by one more angle.
    pub fn turned(&self, (sin, cos): (f64, f64)) -> Self {
        let mut turned = Self::ONE;
        for lane in 0..LANES {
            turned.re[lane] = self.re[lane] * cos - self.im[lane] * sin;
            turned.im[lane] = self.re[lane] * sin + self.im[lane] * cos;
        }
        turned
    }

    /// (1 − π) + π·z for each number z.
    pub fn mixed(mut self, pi: f64) -> Self {
        self.re.iter_mut().for_each(|re| *re = 1.0 - pi + pi * *re);
        self.im.iter_mut().for_each(|im| *im *= pi);
        self
    }

    /// Lane by lane.
    pub fn multiply(&mut self, by: &Self) {
        for lane in 0..LANES {
            let (re, im) = (self.re[lane], self.im[lane]);
            self.re[lane] = re * by.re[lane] - im * by.im[lane];
            self.im[lane] = re * by.im[lane] + im * by.re[lane];
        }
    }

    fn square(&mut self) {
        for (re, im) in self.re.iter_mut().zip(&mut self.im) {
            (*re, *im) = ((*re - *im) * (*re + *im), 2.0 * *re * *im);
        }
    }

    /// Each number to a power of at least 1, by repeated squaring.
    pub fn power(mut self, mut count: u64) -> Self {
        let mut product = Self::ONE;
        loop {
            if count & 1 == 1 {
                product.multiply(&self);
            }
            count >>= 1;
            if count == 0 {
                return product;
            }
            self.square();
        }
    }

    /// The largest squared size.
    pub fn largest(&self) -> f64 {
        let numbers = self.re.iter().zip(&self.im);
        numbers.fold(0.0, |largest, (re, im)| largest.max(re * re + im * im))
    }
}

/// 2π·(j·a mod N)/N, for numbers whose product fits 64 bits.
pub fn angle(j: u64, a: u64, frequencies: u64) -> f64 {
    2.0 * PI * (j * a % frequencies) as f64 / frequencies as f64
}
