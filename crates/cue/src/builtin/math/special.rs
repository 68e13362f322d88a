//! The gamma function and the inverse of the error function.

/// Exact for small whole numbers.
pub(super) fn gamma(x: f64) -> f64 {
    if x.fract() == 0.0 && (1.0..=23.0).contains(&x) {
        return (1..x as u32).map(f64::from).product();
    }
    libm::tgamma(x)
}

/// By Newton's method on the error function, from an approximation by elementary functions.
pub(super) fn erf_inverse(y: f64) -> f64 {
    if !(-1.0..=1.0).contains(&y) {
        return f64::NAN;
    }
    if y.abs() == 1.0 {
        return y * f64::INFINITY;
    }
    let log = libm::log((1.0 - y) * (1.0 + y));
    let a = 0.147;
    let half = 2.0 / (std::f64::consts::PI * a) + log / 2.0;
    let guess = libm::sqrt(libm::sqrt(half * half - log / a) - half);
    let mut x = if y < 0.0 { -guess } else { guess };
    for _ in 0..4 {
        // Far out, the difference to one keeps its digits where the function itself has none left.
        let error = if x > 1.0 {
            (1.0 - y) - libm::erfc(x)
        } else if x < -1.0 {
            libm::erfc(-x) - (1.0 + y)
        } else {
            libm::erf(x) - y
        };
        let slope = std::f64::consts::FRAC_2_SQRT_PI * libm::exp(-x * x);
        x -= error / slope;
    }
    x
}
