//! How a file states its builtins: a table with the documentation beside each.

/// A table `ALL` of one package's builtins.
///
/// `pure` is a function; `bool` one that returns a bool and so serves as a validator; `parts` one whose result consists of
/// parts of its arguments; `evaluator` and `check` (a bool) are done by the evaluator; `constant` is a value as CUE text.
macro_rules! builtins {
    ($package:literal; $( $(#[doc = $doc:literal])+ $form:ident $name:ident $( ( $( $param:ident: $kinds:ident $( [$default:literal] )? ),* ) )? $( = $body:expr )?; )+) => {
        pub(super) const ALL: &[$crate::builtin::Builtin] = &[ $(
            $crate::builtin::Builtin {
                package: $package,
                name: stringify!($name),
                params: &[ $( $(
                    $crate::builtin::Param {
                        name: stringify!($param),
                        kinds: $crate::builtin::Kinds::$kinds,
                        default: $crate::builtin::builtins!(@default $( $default )?),
                    },
                )* )? ],
                validator: $crate::builtin::builtins!(@validator $form),
                structural: $crate::builtin::builtins!(@structural $form),
                run: $crate::builtin::builtins!(@run $form $( $body )?),
                doc: concat!($($doc, "\n"),+),
            },
        )+ ];
    };
    (@default) => { None };
    (@default $text:literal) => { Some($text) };
    (@validator bool) => { true };
    (@validator check) => { true };
    (@validator $other:ident) => { false };
    (@structural parts) => { true };
    (@structural $other:ident) => { false };
    (@run evaluator) => { $crate::builtin::Run::Evaluator };
    (@run check) => { $crate::builtin::Run::Evaluator };
    (@run constant $text:expr) => { $crate::builtin::Run::Constant($text) };
    (@run $form:ident $body:expr) => { $crate::builtin::Run::Pure(|data| ($body)($crate::builtin::Args(data)).map($crate::data::Data::from)) };
}

pub(crate) use builtins;
