//! Parameters of main.cf: names, values, defaults.

use std::borrow::Cow;

use bstr::BStr;
use config::Error;

use crate::json;
use crate::log_lines;
use crate::names::Name;
use crate::options::{Flag, Options};
use crate::output::Output;
use crate::view::View;

/// Shows the parameters that the command line names, else all of the wanted classes.
pub fn show(output: &mut Output, view: &View<'_>, options: &Options) -> Result<(), Error> {
    if options.operands.is_empty() {
        return view.names.visit(|name, known| {
            if known.class.is_some_and(|class| options.classes.contains(&class)) {
                show_one(output, view, options, name, known)?;
            }
            Ok(())
        });
    }
    for name in &options.operands {
        match view.names.get(name) {
            Some(known) => show_one(output, view, options, BStr::new(name), known)?,
            None => log_lines::unknown_parameter(name),
        }
    }
    Ok(())
}

/// Shows a parameter, unless only those are wanted that are set, and it is not.
fn show_one(
    output: &mut Output,
    view: &View<'_>,
    options: &Options,
    name: &BStr,
    known: Name,
) -> Result<(), Error> {
    let set_only = options.has(Flag::NonDefault);
    let Some(value) = view.value(name, Some(known), None, set_only)? else { return Ok(()) };
    let fold = options.has(Flag::Fold);
    if options.has(Flag::HideValues) {
        output.line(name, fold);
        return Ok(());
    }
    let value = if options.has(Flag::Expand) && !known.is_raw() {
        Cow::Owned(view.expand(&value, None)?)
    } else {
        value
    };
    if options.has(Flag::Json) {
        output.put(&json::member(name, &value));
    } else if options.has(Flag::HideNames) {
        output.line(&value, fold);
    } else {
        output.setting(name, &value, fold);
    }
    Ok(())
}
