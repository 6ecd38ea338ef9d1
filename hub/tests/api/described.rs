//! The description of the API is complete and true: every route, every query parameter, every status that was met.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::Value;
use strongroom_hub::api;

use crate::site::Site;

/// Pages and what belongs to them; people read these, not programs.
fn is_page(path: &str) -> bool {
    path == "/" || ["/fragments/", "/assets/", "/incidents/"].iter().any(|prefix| path.starts_with(prefix))
}

async fn document(site: &Site) -> Value {
    site.ask(Method::GET, "/api/openapi.json").send().await.json()
}

#[tokio::test]
async fn every_route_is_described_and_every_description_is_a_route() {
    let site = Site::new();
    let document = document(&site).await;
    let described: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
        })
        .collect();
    let routes: BTreeSet<String> = api::listed_routes(&site.state)
        .iter()
        .filter(|route| !is_page(route.path))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(described, routes);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["components"]["securitySchemes"]["token"].is_object());
}

#[tokio::test]
async fn the_described_query_parameters_are_the_ones_that_are_read() {
    let site = Site::new();
    let document = document(&site).await;
    let mut compared = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let get = &methods["get"];
        if !path.starts_with("/api/v1/") || get.is_null() {
            continue;
        }
        let id = if path.contains("/points/") { "a:b:c" } else { "x" };
        let answer = site.get(&format!("{}?no_such_parameter=1", path.replace("{id}", id))).await;
        let problem = answer.problem(400, "bad-parameter");
        let read: BTreeSet<&str> =
            problem["allowed"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap()).collect();
        let parameters = get["parameters"].as_array();
        let described: BTreeSet<&str> = parameters
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(read, described, "{path}");
        compared += 1;
    }
    assert_eq!(compared, 11);
}

#[tokio::test]
async fn every_operation_says_what_it_answers_and_refers_to_schemas_that_are_there() {
    let site = Site::new();
    let document = document(&site).await;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.len() > usize::from(path != "/api/openapi.json"), "{method} {path}");
        }
    }
    let mut references = BTreeSet::new();
    collect_references(&document, &mut references);
    assert!(references.contains("#/components/schemas/Problem"));
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[tokio::test]
async fn operations_have_ids_of_their_own_and_limits_have_bounds() {
    let site = Site::new();
    let document = document(&site).await;
    let (mut ids, mut limits) = (BTreeSet::new(), 0);
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id), "{method} {path}: `{id}` is taken");
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            for limit in parameters.filter(|parameter| parameter["name"] == "limit") {
                let schema = &limit["schema"];
                assert_eq!((&schema["minimum"], &schema["maximum"]), (&1.into(), &1_000.into()), "{path}");
                limits += 1;
            }
        }
    }
    assert_eq!(limits, 4);
    assert!(ids.contains("listParts") && ids.contains("getPart"));
}

#[tokio::test]
async fn whatever_asks_for_a_sign_in_says_that_wrong_ones_are_braked() {
    let site = Site::new();
    let document = document(&site).await;
    let operations = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|methods| methods.as_object().unwrap().values());
    let mut asked = 0;
    for operation in operations.filter(|operation| operation["responses"]["401"].is_object()) {
        assert!(operation["responses"]["429"].is_object(), "{operation}");
        asked += 1;
    }
    assert_eq!(asked, 15);
}

#[tokio::test]
async fn a_raw_value_may_fit_more_than_one_of_its_types() {
    let site = Site::new();
    let raw = &document(&site).await["components"]["schemas"]["Raw"];
    let types: Vec<&Value> = raw["anyOf"].as_array().unwrap().iter().map(|of| &of["type"]).collect();
    assert_eq!(types, ["boolean", "integer", "number", "string"]);
    assert!(raw["oneOf"].is_null());
}

fn collect_references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|field| collect_references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        _ => {}
    }
}
