//! Single fields of master.cf entries.

use config::Error;

use crate::entries::Arguments;
use crate::json;
use crate::options::{Flag, Options};
use crate::output::{INDENT, Output, WIDTH};
use crate::pattern::Requests;
use crate::service::{Field, Service};
use crate::view::View;

/// Shows the fields that the command line names, else all of all entries.
pub fn show(output: &mut Output, view: &View<'_>, options: &Options) -> Result<(), Error> {
    let complaint = "-F option requires service_name[/type[/field]]";
    let mut requests = Requests::parse(&options.operands, 3, complaint, |pattern| pattern.field())?;
    for service in &view.services {
        let mut show_one = |wanted: &Option<Field>| {
            for field in Field::ALL {
                if wanted.is_none_or(|wanted| wanted == field) {
                    output.put(&line(view, options, service, field)?);
                }
            }
            Ok(true)
        };
        if requests.is_empty() {
            show_one(&None)?;
        } else {
            requests.for_each_match(service, show_one)?;
        }
    }
    requests.warn_unmatched();
    Ok(())
}

/// A field as it is shown; the command's field includes the arguments.
fn line(view: &View<'_>, options: &Options, service: &Service, field: Field) -> Result<Vec<u8>, Error> {
    let value = service.field(field);
    let arguments = if field == Field::COMMAND { Some(Arguments::of(view, options, service)?) } else { None };
    let name = [service.name_space.as_slice(), b"/", field.name().as_bytes()].concat();
    if options.has(Flag::Json) {
        let mut text = value.to_vec();
        if let Some(arguments) = arguments {
            arguments.append(&mut text);
        }
        return Ok(json::member(&name, &text));
    }
    let hides_values = options.has(Flag::HideValues);
    let mut text = if options.has(Flag::HideNames) { Vec::new() } else { name };
    if !hides_values {
        if !options.has(Flag::HideNames) {
            text.extend_from_slice(b" = ");
        }
        let mut width = text.len();
        if width > 0 && width + value.len() > WIDTH {
            text.push(b'\n');
            text.extend_from_slice(INDENT);
            width = INDENT.len();
        }
        text.extend_from_slice(value);
        width += value.len();
        if let Some(arguments) = arguments {
            arguments.append_folded(&mut text, width, options.has(Flag::Fold), 1);
        }
    }
    text.push(b'\n');
    Ok(text)
}
