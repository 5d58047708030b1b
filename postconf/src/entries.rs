//! Whole entries of master.cf.

use bstr::ByteSlice;
use config::Error;

use crate::json;
use crate::options::{Flag, Options};
use crate::output::{INDENT, Output, WIDTH};
use crate::pattern::Requests;
use crate::service::{Field, Service, braced_if_needed, options as command_options};
use crate::view::View;

/// Where the fields begin, if those before them leave room.
const COLUMNS: [usize; 8] = [0, 11, 17, 25, 33, 41, 49, 57];

/// Shows the entries that the command line names, else all.
pub fn show(output: &mut Output, view: &View<'_>, options: &Options) -> Result<(), Error> {
    let complaint = "-M option requires service_name[/type]";
    let mut requests = Requests::parse(&options.operands, 2, complaint, |_| Ok(()))?;
    for service in &view.services {
        let mut show_one = |(): &()| {
            output.put(&entry(view, options, service)?);
            Ok(true)
        };
        if requests.is_empty() {
            show_one(&())?;
        } else {
            requests.for_each_match(service, show_one)?;
        }
    }
    requests.warn_unmatched();
    Ok(())
}

/// An entry as it is shown.
fn entry(view: &View<'_>, options: &Options, service: &Service) -> Result<Vec<u8>, Error> {
    let arguments = Arguments::of(view, options, service)?;
    if options.has(Flag::Json) {
        let mut text = Vec::new();
        for field in Field::ALL {
            if field != Field::SERVICE {
                text.push(b' ');
            }
            text.extend_from_slice(service.field(field));
        }
        arguments.append(&mut text);
        return Ok(json::member(&service.name_space, &text));
    }
    Ok(in_columns(service, &arguments, options.has(Flag::Fold)))
}

/// An entry as it goes into master.cf: in columns, with long lines folded.
pub fn folded_entry(service: &Service) -> Vec<u8> {
    in_columns(service, &Arguments::unexpanded(service), true)
}

fn in_columns(service: &Service, arguments: &Arguments, fold: bool) -> Vec<u8> {
    let mut text = Vec::new();
    for (field, column) in Field::ALL.into_iter().zip(COLUMNS) {
        if !text.is_empty() {
            text.push(b' ');
            text.resize(text.len().max(column), b' ');
        }
        text.extend_from_slice(service.field(field));
    }
    let width = text.len();
    arguments.append_folded(&mut text, width, fold, 3);
    text.push(b'\n');
    text
}

/// The arguments of a command as they are shown.
pub struct Arguments {
    items: Vec<Item>,
}

/// An argument, or an option with its value.
struct Item {
    text: Vec<u8>,
    /// Width of the bare texts, which decides on folding.
    width: usize,
    has_value: bool,
}

impl Arguments {
    /// The arguments, values of `-o` expanded if that is wanted.
    pub fn of(view: &View<'_>, options: &Options, service: &Service) -> Result<Self, Error> {
        Self::build(service, |pair| {
            if options.has(Flag::Expand) {
                view.expand(pair, Some(service)).map(Into::into)
            } else {
                Ok(pair.to_vec())
            }
        })
    }

    /// The arguments as they stand.
    fn unexpanded(service: &Service) -> Self {
        Self::build(service, |pair| Ok::<_, std::convert::Infallible>(pair.to_vec()))
            .unwrap_or_else(|never| match never {})
    }

    fn build<E>(service: &Service, expand: impl Fn(&[u8]) -> Result<Vec<u8>, E>) -> Result<Self, E> {
        let arguments = service.arguments();
        let mut items = Vec::new();
        let mut taken = 0;
        for option in command_options(arguments) {
            taken += option.length();
            let mut text = option.flag.to_vec();
            let mut width = text.len();
            if let Some(value) = option.value {
                let value = if option.flag == "-o" { expand(value)? } else { value.to_vec() };
                text.push(b' ');
                width += value.len();
                let before = text.len();
                braced_if_needed(&value, &mut text);
                width += text.len() - before - value.len();
            }
            items.push(Item { text, width, has_value: option.value.is_some() });
        }
        for (at, word) in arguments.iter().skip(taken).enumerate() {
            let mut text = Vec::new();
            // The original does not brace the word that ends the options.
            if at == 0 {
                text.extend_from_slice(word)
            } else {
                braced_if_needed(word, &mut text)
            }
            items.push(Item { text, width: word.len(), has_value: false });
        }
        Ok(Self { items })
    }

    /// Appends them all, a blank before each.
    pub fn append(&self, text: &mut Vec<u8>) {
        for item in &self.items {
            text.push(b' ');
            text.extend_from_slice(&item.text);
        }
    }

    /// Appends them, in new lines where they do not fit if `fold` says so. An option with a value has a line of its
    /// own; `slack` is what the original adds to its width.
    pub fn append_folded(&self, text: &mut Vec<u8>, width: usize, fold: bool, slack: usize) {
        let mut width = width;
        for item in &self.items {
            let mut needed = item.width;
            if item.has_value {
                width = WIDTH;
                needed += slack;
            }
            if width > INDENT.len() {
                if !fold || width + 1 + needed < WIDTH {
                    text.push(b' ');
                    width += 1;
                } else {
                    text.push(b'\n');
                    text.extend_from_slice(INDENT);
                    width = INDENT.len();
                }
            }
            text.extend_from_slice(&item.text);
            width = if item.has_value { WIDTH } else { width + item.text.as_bstr().len() };
        }
    }
}
