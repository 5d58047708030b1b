//! Parameters that entries of master.cf set, or that services see.

use bstr::{BStr, BString};
use config::Error;

use crate::json;
use crate::options::{Flag, Options};
use crate::output::Output;
use crate::pattern::Requests;
use crate::service::Service;
use crate::view::View;

/// Shows the parameters that the command line names, else all of all entries.
pub fn show(output: &mut Output, view: &View<'_>, options: &Options) -> Result<(), Error> {
    let complaint = "-P option requires service_name[/type[/parameter]]";
    let mut requests = Requests::parse(&options.operands, 3, complaint, |pattern| {
        Ok(pattern.parameter().map(<[u8]>::to_vec))
    })?;
    for service in &view.services {
        let Some(settings) = settings(view, options, service, requests.is_empty())? else { continue };
        let mut show_one = |wanted: &Option<Vec<u8>>| {
            let mut found = wanted.is_none();
            for (name, value) in &settings {
                if wanted.as_ref().is_none_or(|wanted| wanted == name) {
                    found = true;
                    show_setting(output, view, options, service, name.as_ref(), value)?;
                }
            }
            Ok(found)
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

/// What a service sets or, if that is wanted, all that it sees, in order of the names.
fn settings(
    view: &View<'_>,
    options: &Options,
    service: &Service,
    all_requested: bool,
) -> Result<Option<Vec<(BString, BString)>>, Error> {
    let own = view.scope(service).map(View::set_names);
    let mut all = if options.has(Flag::MergedParameters) {
        let mut seen = Vec::new();
        view.names.visit(|name, known| {
            let wanted = known.class.is_some_and(|class| options.classes.contains(&class));
            if (wanted || !all_requested)
                && let Some(value) = view.value(name, Some(known), Some(service), false)?
            {
                seen.push((name.to_owned(), value.into_owned()));
            }
            Ok(())
        })?;
        for (name, value) in own.unwrap_or_default() {
            if seen.binary_search_by(|(known, _)| known.cmp(&name)).is_err() {
                let at = seen.partition_point(|(known, _)| *known < name);
                seen.insert(at, (name, value));
            }
        }
        Some(seen)
    } else {
        own
    };
    if let Some(all) = &mut all {
        all.sort();
    }
    Ok(all)
}

/// Shows one setting.
fn show_setting(
    output: &mut Output,
    view: &View<'_>,
    options: &Options,
    service: &Service,
    name: &BStr,
    value: &BString,
) -> Result<(), Error> {
    let fold = options.has(Flag::Fold);
    let full_name = [service.name_space.as_slice(), b"/", name.as_ref()].concat();
    if options.has(Flag::HideValues) {
        output.line(&full_name, fold);
        return Ok(());
    }
    let value = if options.has(Flag::Expand) { view.expand(value, Some(service))? } else { value.clone() };
    if options.has(Flag::Json) {
        output.put(&json::member(&full_name, &value));
    } else if options.has(Flag::HideNames) {
        output.line(&value, fold);
    } else {
        output.setting(&full_name, &value, fold);
    }
    Ok(())
}
