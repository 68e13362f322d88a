//! JSON text held to a schema while it is read: of a list only one element is there at a time.

use super::MAX_DEPTH;
use super::read::{JsonError, Reader};
use crate::eval::{Evaluator, Fit, Form, FormId, Forms, element_form, length_fits, rest_fits};
use rustc_hash::FxHashSet;
use smallvec::SmallVec;
use smol_str::SmolStr;

/// Up to this many names are searched one by one.
const FEW: usize = 16;

/// The names that an object has so far.
#[derive(Default)]
struct Names {
    few: SmallVec<[SmolStr; 8]>,
    many: FxHashSet<SmolStr>,
}

impl Names {
    fn has(&self, name: &str) -> bool {
        if self.many.is_empty() { self.few.iter().any(|n| n == name) } else { self.many.contains(name) }
    }

    /// False when it is there already.
    fn add(&mut self, name: SmolStr) -> bool {
        if self.has(&name) {
            return false;
        }
        if self.many.is_empty() && self.few.len() < FEW {
            self.few.push(name);
        } else {
            self.many.extend(self.few.drain(..));
            self.many.insert(name);
        }
        true
    }
}

/// Whether a text of one value surely fits a form; false also when it is not JSON.
pub(crate) fn fits(e: &mut Evaluator, forms: &Forms, form: FormId, text: &str) -> bool {
    let mut reader = Reader::new(text, None);
    let fit = reader.fit(e, forms, form, 0);
    fit.is_ok_and(Fit::is_sure) && reader.end().is_ok()
}

impl Reader<'_> {
    /// The fit of the value that stands here; all of it is read only when the fit is sure.
    fn fit(&mut self, e: &mut Evaluator, forms: &Forms, id: FormId, depth: usize) -> Result<Fit, JsonError> {
        self.space();
        if depth > MAX_DEPTH || !e.step(crate::eval::NONE) {
            return Ok(Fit::Unknown);
        }
        match (self.peek(), forms.get(id)) {
            (_, Form::All(parts)) if parts.len() == 1 => match parts.first() {
                Some(one) => self.fit(e, forms, *one, depth + 1),
                None => Ok(Fit::Unknown),
            },
            (Some(b'{'), Form::Struct(_)) => self.fit_object(e, forms, id, depth),
            (Some(b'['), Form::List(..)) => self.fit_array(e, forms, id, depth),
            _ => {
                let data = self.value(depth)?;
                Ok(e.fit(forms, id, &data, 0))
            }
        }
    }

    fn fit_object(&mut self, e: &mut Evaluator, forms: &Forms, id: FormId, depth: usize) -> Result<Fit, JsonError> {
        let Form::Struct(form) = forms.get(id) else { return Ok(Fit::Unknown) };
        let mut names = Names::default();
        let mut whole = Fit::Same;
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(rest_fits(forms, form, |_| false));
        }
        loop {
            let name = self.name()?;
            match e.field_forms(form, &name) {
                // What several forms say is for data that are there.
                Some((Some(of), patterns)) if patterns.is_empty() => {
                    whole = whole.and(self.fit(e, forms, of, depth + 1)?)
                }
                Some((None, patterns)) if patterns.len() == 1 => {
                    for of in patterns {
                        whole = whole.and(self.fit(e, forms, of, depth + 1)?);
                    }
                }
                Some((own, patterns)) => {
                    let data = self.value(depth + 1)?;
                    for of in own.into_iter().chain(patterns) {
                        whole = whole.and(e.fit(forms, of, &data, 0));
                    }
                }
                None => return Ok(Fit::Unknown),
            }
            // A name that comes twice is unified with itself.
            if !whole.is_sure() || !names.add(name) {
                return Ok(Fit::Unknown);
            }
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(whole.and(rest_fits(forms, form, |name| names.has(name))));
                }
                _ => return self.unexpected("`,` or `}`"),
            }
        }
    }

    fn fit_array(&mut self, e: &mut Evaluator, forms: &Forms, id: FormId, depth: usize) -> Result<Fit, JsonError> {
        let form = forms.get(id);
        let mut whole = Fit::Same;
        let mut length = 0;
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(length_fits(form, 0));
        }
        loop {
            match element_form(form, length) {
                Some(of) => whole = whole.and(self.fit(e, forms, of, depth + 1)?),
                None => return Ok(Fit::Unknown),
            }
            if !whole.is_sure() {
                return Ok(Fit::Unknown);
            }
            length += 1;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(whole.and(length_fits(form, length)));
                }
                _ => return self.unexpected("`,` or `]`"),
            }
        }
    }
}
