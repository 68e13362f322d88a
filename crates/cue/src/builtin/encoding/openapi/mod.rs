//! `encoding/openapi`: OpenAPI documents out of definitions. The evaluator does it: a schema is no data.

use crate::builtin::{Package, builtins};

/// What `MarshalSchema` takes.
const CUE: &str = r#"
#Config: {
	version!:         "3.0.0"
	info?:            #Info
	selfContained:    bool | *false
	expandReferences: bool | *false
}
#Info: {
	title!:          string
	version!:        string
	summary?:        string
	description?:    string
	termsOfService?: string
	contact?:        #Contact
	license?:        #License
}
#Contact: {
	name?:  string
	url?:   string
	email?: string
}
#License: {
	name!: string
	url?:  string
}
"#;

pub(in crate::builtin) const PACKAGE: Package = Package { path: "encoding/openapi", functions: &[ALL], cue: Some(CUE) };

builtins! { "encoding/openapi";
    /// `MarshalSchema(config, schema)` is the text of an OpenAPI document, in JSON, with the definitions of the struct `schema`
    /// as its schemas. `config` is an `openapi.#Config`.
    evaluator MarshalSchema(config: TOP, schema: TOP);
}
