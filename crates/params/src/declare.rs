//! The macro that turns rows into handles and table entries.

/// Declares one theme's parameters.
///
/// ```text
/// parameters! { after previous_theme;
///     /// One line on what it is for.
///     HANDLE: Kind("name", "default", limits, [programs]) since "2.3" instead "specify ...";
/// }
/// ```
///
/// In place of the default, a bare word names a constant of the build profile, and a word in parentheses a
/// default that is computed at run time. `after start` opens the table; every other theme names the one whose ordinals end where its own begin.
macro_rules! parameters {
    (after $before:ident;
     $( #[doc = $doc:literal]
        $handle:ident: $kind:ident($name:literal, $default:tt, $limits:expr, [$($program:expr),*])
        $(since $since:literal)? $(instead $instead:literal)? $(legacy $legacy:literal)?; )*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Index { $($handle,)* End }

        /// Ordinal of the first parameter of the theme that comes next.
        pub(super) const END: usize = super::$before::END + Index::End as usize;

        $(
            #[doc = $doc]
            pub const $handle: $crate::Param<$crate::$kind> = $crate::Param::new(
                (super::$before::END + Index::$handle as usize) as u16,
                &ROWS[Index::$handle as usize],
            );
        )*

        /// The rows of this theme, in order of their ordinals.
        pub(super) static ROWS: [$crate::Row; Index::End as usize] = [
            $( $crate::Row {
                name: $name,
                reference: concat!("$", $name),
                shape: $crate::Shape::$kind,
                default: parameters!(@default $default),
                limits: $limits,
                programs: &[$($program),*],
                since: parameters!(@option $($since)?),
                instead: parameters!(@option $($instead)?),
                legacy: parameters!(@flag $($legacy)?),
                doc: $doc,
            }, )*
        ];
    };
    (@default $default:literal) => { $crate::Default::Text($default) };
    (@default $profile:ident) => { $crate::Default::Text($crate::profile::$profile) };
    (@default ($computed:ident)) => { $crate::Default::Computed($crate::Computed::$computed) };
    (@option) => { None };
    (@option $text:literal) => { Some($text) };
    (@flag) => { false };
    (@flag $flag:literal) => { $flag };
}

pub(crate) use parameters;
