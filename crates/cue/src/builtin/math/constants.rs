//! The constants of `math`.

use crate::builtin::builtins;

builtins! { "math";
    /// The circumference of a circle of diameter 1.
    constant Pi = "3.14159265358979323846264338327950288419716939937510582097494459";
    /// Euler's number.
    constant E = "2.71828182845904523536028747135266249775724709369995957496696763";
    /// The golden ratio.
    constant Phi = "1.61803398874989484820458683436563811772030917980576286213544861";
    /// The square root of 2.
    constant Sqrt2 = "1.41421356237309504880168872420969807856967187537694807317667974";
    /// The square root of Euler's number.
    constant SqrtE = "1.64872127070012814684865078781416357165377610071014801157507931";
    /// The square root of pi.
    constant SqrtPi = "1.77245385090551602729816748334114518279754945612238712821380779";
    /// The square root of the golden ratio.
    constant SqrtPhi = "1.27201964951406896425242246173749149171560804184009624861664038";
    /// The natural logarithm of 2.
    constant Ln2 = "0.693147180559945309417232121458176568075500134360255254120680009";
    /// The logarithm of Euler's number to base 2.
    constant Log2E = "1.442695040888963407359924681001892137426645954152985934135449408";
    /// The natural logarithm of 10.
    constant Ln10 = "2.3025850929940456840179914546843642076011014886287729760333278";
    /// The logarithm of Euler's number to base 10.
    constant Log10E = "0.43429448190325182765112891891660508229439700580366656611445378";
    /// The largest exponent of Go's big floats.
    constant MaxExp = "2147483647";
    /// The smallest exponent of Go's big floats.
    constant MinExp = "-2147483648";
    /// The largest precision of Go's big floats.
    constant MaxPrec = "4294967295";
    /// A way to round: to the nearest, ties to even.
    constant ToNearestEven = "0";
    /// A way to round: to the nearest, ties away from zero.
    constant ToNearestAway = "1";
    /// A way to round: towards zero.
    constant ToZero = "2";
    /// A way to round: away from zero.
    constant AwayFromZero = "3";
    /// A way to round: down.
    constant ToNegativeInf = "4";
    /// A way to round: up.
    constant ToPositiveInf = "5";
    /// What rounding did: the result is below the value.
    constant Below = "-1";
    /// What rounding did: nothing.
    constant Exact = "0";
    /// What rounding did: the result is above the value.
    constant Above = "1";
    /// The largest base for text of numbers.
    constant MaxBase = "62";
}
