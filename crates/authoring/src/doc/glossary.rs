//! What definitions say of themselves, in another language.

use rustc_hash::FxHashMap;

/// The texts of the built-in definitions.
const CHINESE: &str = include_str!("zh.txt");

/// Texts and their translations. A text without one stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Glossary(FxHashMap<String, String>);

impl Glossary {
    /// The built-in definitions in Chinese.
    pub fn chinese() -> Glossary {
        let mut glossary = Glossary::default();
        glossary.add(CHINESE);
        glossary
    }

    /// Adds lines of the form `text = translation`, which win over those there are; lines that begin with `#` are comments.
    pub fn add(&mut self, lines: &str) {
        for line in lines.lines().filter(|l| !l.starts_with('#')) {
            if let Some((text, translation)) = line.split_once(" = ") {
                self.0.insert(text.trim().to_owned(), translation.trim().to_owned());
            }
        }
    }

    /// The translation, else the text.
    pub fn of<'a>(&'a self, text: &'a str) -> &'a str {
        self.0.get(text.trim()).map_or(text, String::as_str)
    }

    #[cfg(test)]
    fn has(&self, text: &str) -> bool {
        self.0.contains_key(text.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::parameters::Parameters;
    use model::DefinitionKind;
    use render::DefinitionSource;
    use render::builtin::Builtins;

    #[test]
    fn built_in_definitions_speak_chinese() {
        let glossary = Glossary::chinese();
        let (mut all, mut missing) = (0, Vec::new());
        for kind in
            [DefinitionKind::Component, DefinitionKind::Trait, DefinitionKind::Policy, DefinitionKind::WorkflowStep]
        {
            for name in Builtins.names(kind) {
                let loaded = Builtins.find(kind, &name).unwrap().unwrap();
                let about = loaded.definition.annotations.get(model::labels::DEFINITION_DESCRIPTION);
                let parameters = Parameters::of(&loaded);
                let usages = parameters.rows().into_iter().map(|(_, p)| p.usage.clone()).filter(|u| !u.is_empty());
                for text in about.cloned().into_iter().chain(usages) {
                    all += 1;
                    if !glossary.has(&text) {
                        missing.push(format!("{name}: {text}"));
                    }
                }
            }
        }
        // A text that was written since may be behind; pages have to stay Chinese on the whole.
        assert!(all > 500 && missing.len() * 50 < all, "{} of {all}: {missing:#?}", missing.len());
        assert!(glossary.0.values().all(|t| !t.is_empty()));
    }

    #[test]
    fn own_texts_win() {
        let mut glossary = Glossary::chinese();
        assert_eq!(glossary.of("Container image"), "容器镜像");
        assert_eq!(glossary.of("No such text"), "No such text");
        glossary.add("# mine\nContainer image = 镜像\nSells things = 销售");
        assert_eq!((glossary.of("Container image"), glossary.of("Sells things")), ("镜像", "销售"));
    }
}
