//! `crypto/ed25519`: whether a signature is right (RFC 8032). Nothing here is secret, so the arithmetic need not take the same
//! time for all numbers.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, Package, builtins};
use num_bigint::BigUint;
use sha2::{Digest, Sha512};

pub(in crate::builtin) const PACKAGE: Package = Package { path: "crypto/ed25519", functions: &[ALL], cue: None };

builtins! { "crypto/ed25519";
    /// `Valid(publicKey, message, signature)` says whether the signature of the message was made with the key that belongs to
    /// the public key of 32 bytes.
    bool Valid(publicKey: TEXT, message: TEXT, signature: TEXT) = valid;
    /// The size of a public key in bytes.
    constant PublicKeySize = "32";
}

fn valid(args: Args<'_>) -> Outcome<bool> {
    let (key, message, signature) = (args.bytes(0)?, args.bytes(1)?, args.bytes(2)?);
    let Ok(key) = <&[u8; 32]>::try_from(key) else {
        return Fault::error("ed25519: public key must be 32 bytes");
    };
    let (Some(r), Some(s)) = (signature.get(..32), signature.get(32..64)) else { return Ok(false) };
    if signature.len() != 64 {
        return Ok(false);
    }
    let curve = Curve::new();
    let s = BigUint::from_bytes_le(s);
    let Some(a) = curve.decode(key).filter(|_| s < curve.order) else { return Ok(false) };
    let k = BigUint::from_bytes_le(&Sha512::new().chain_update(r).chain_update(key).chain_update(message).finalize());
    // R = sB - kA
    let left = curve.times(&curve.base, &s);
    let right = curve.times(&curve.negated(&a), &(k % &curve.order));
    Ok(curve.encode(&curve.sum(&left, &right)) == r)
}

/// A point in extended coordinates: x = X/Z, y = Y/Z, xy = T/Z.
#[derive(Clone)]
struct Point {
    x: BigUint,
    y: BigUint,
    z: BigUint,
    t: BigUint,
}

/// -x² + y² = 1 + dx²y² over the integers modulo 2²⁵⁵ - 19.
struct Curve {
    p: BigUint,
    d: BigUint,
    order: BigUint,
    base: Point,
}

impl Curve {
    fn new() -> Curve {
        let one = BigUint::from(1u8);
        let p = (&one << 255u32) - 19u8;
        let order =
            (&one << 252u32) + BigUint::from_bytes_be(&0x14de_f9de_a2f7_9cd6_5812_631a_5cf5_d3ed_u128.to_be_bytes());
        let zero = Point { x: BigUint::ZERO, y: one.clone(), z: one, t: BigUint::ZERO };
        let mut curve = Curve { d: BigUint::ZERO, p, order, base: zero };
        curve.d = &curve.p - 121_665u32 * curve.inverse(&BigUint::from(121_666u32)) % &curve.p;
        // The base point has y = 4/5 and the even x.
        let y = 4u8 * curve.inverse(&BigUint::from(5u8)) % &curve.p;
        if let Some(base) = curve.point(y, false) {
            curve.base = base;
        }
        curve
    }

    fn inverse(&self, n: &BigUint) -> BigUint {
        n.modpow(&(&self.p - 2u8), &self.p)
    }

    fn difference(&self, a: &BigUint, b: &BigUint) -> BigUint {
        ((a + &self.p) - b % &self.p) % &self.p
    }

    /// The point with this y, and the odd x or the even one.
    fn point(&self, y: BigUint, odd: bool) -> Option<Point> {
        let y = y % &self.p;
        let square = &y * &y % &self.p;
        let one = BigUint::from(1u8);
        let u = self.difference(&square, &one);
        let v = (&self.d * &square + &one) % &self.p;
        let ratio = &u * self.inverse(&v) % &self.p;
        let mut x = ratio.modpow(&((&self.p + 3u8) >> 3u32), &self.p);
        if &x * &x % &self.p != ratio {
            let root = BigUint::from(2u8).modpow(&((&self.p - 1u8) >> 2u32), &self.p);
            x = x * root % &self.p;
            if &x * &x % &self.p != ratio {
                return None;
            }
        }
        if x.bit(0) != odd {
            x = (&self.p - &x) % &self.p;
        }
        let t = &x * &y % &self.p;
        Some(Point { x, y, z: one, t })
    }

    fn decode(&self, bytes: &[u8; 32]) -> Option<Point> {
        let mut y = *bytes;
        let odd = y.last().is_some_and(|b| b >> 7 == 1);
        if let Some(last) = y.last_mut() {
            *last &= 0x7f;
        }
        self.point(BigUint::from_bytes_le(&y), odd)
    }

    fn encode(&self, point: &Point) -> Vec<u8> {
        let inverse = self.inverse(&point.z);
        let x = &point.x * &inverse % &self.p;
        let mut bytes = (&point.y * inverse % &self.p).to_bytes_le();
        bytes.resize(32, 0);
        if x.bit(0)
            && let Some(last) = bytes.last_mut()
        {
            *last |= 0x80;
        }
        bytes
    }

    fn negated(&self, point: &Point) -> Point {
        let negative = |n: &BigUint| (&self.p - n) % &self.p;
        Point { x: negative(&point.x), t: negative(&point.t), ..point.clone() }
    }

    fn sum(&self, a: &Point, b: &Point) -> Point {
        let p = &self.p;
        let m = self.difference(&a.y, &a.x) * self.difference(&b.y, &b.x) % p;
        let n = (&a.y + &a.x) * (&b.y + &b.x) % p;
        let c = 2u8 * &a.t * &b.t % p * &self.d % p;
        let z = 2u8 * &a.z * &b.z % p;
        let (e, f, g, h) = (self.difference(&n, &m), self.difference(&z, &c), (&z + &c) % p, (&n + &m) % p);
        Point { x: &e * &f % p, y: &g * &h % p, z: f * g % p, t: e * h % p }
    }

    fn times(&self, point: &Point, n: &BigUint) -> Point {
        let one = BigUint::from(1u8);
        let mut sum = Point { x: BigUint::ZERO, y: one.clone(), z: one, t: BigUint::ZERO };
        for i in (0..n.bits()).rev() {
            sum = self.sum(&sum, &sum);
            if n.bit(i) {
                sum = self.sum(&sum, point);
            }
        }
        sum
    }
}
