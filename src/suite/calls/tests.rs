use super::*;
use crate::suite::axes::scale::WireScale;
use crate::suite::axes::wire::{WireAcross, WireAxis, declare};

fn axis(key: &str, sees: &[SightPart], scale: &str) -> WireAxis {
    #[derive(Deserialize)]
    struct Holder {
        scale: WireScale,
    }
    let holder: Holder = toml::from_str(&format!("scale = {scale}")).unwrap();
    WireAxis {
        key: key.to_owned(),
        title: key.to_owned(),
        scale: holder.scale,
        sees: sees.to_vec(),
        applies: None,
        across: WireAcross::Planned,
        pooled: false,
        complete: false,
    }
}

const FIVE: &str = "{ lo = 1, hi = 5 }";

fn axes() -> Vec<Axis> {
    let wire = [
        axis("a", &[SightPart::Instruction, SightPart::Output], FIVE),
        axis("b", &[SightPart::Output], FIVE),
        axis(
            "c",
            &[SightPart::Output],
            "{ parts = [\"x\", \"y\"], lo = 1, hi = 5, take = \"min\" }",
        ),
        axis(
            "d",
            &[
                SightPart::Instruction,
                SightPart::Input,
                SightPart::Output,
                SightPart::ReferenceImage,
            ],
            FIVE,
        ),
    ];
    declare(&wire, &[], &["one"]).unwrap().axes
}

fn checked(text: &str) -> Result<Call, String> {
    let wire: WireCall = toml::from_str(text).unwrap();
    let categories = [Category {
        name: "one".to_owned(),
        kind: Kind::Edit,
        planned: 3,
        ids: None,
    }];
    check(&wire, &axes(), &categories).map_err(|faults| format!("{faults:?}"))
}

#[test]
fn a_call_shows_no_more_than_each_of_its_axes_sees() {
    let joint = checked("marks = [\"a\", \"b\"]\nrubric = \"j\"").unwrap();
    assert_eq!(joint.sees, Sight::of(&[SightPart::Output]));
    let narrow = checked("marks = [\"a\"]\nsees = [\"output\"]\nrubric = \"j\"").unwrap();
    assert_eq!(narrow.sees, Sight::of(&[SightPart::Output]));
    let wide = "marks = [\"a\", \"b\"]\nsees = [\"instruction\", \"output\"]\nrubric = \"j\"";
    let error = checked(wide).unwrap_err();
    assert!(
        error.contains("sees instruction, which b may not see"),
        "{error}"
    );
}

#[test]
fn the_form_of_a_reply_follows_from_parts_where_nothing_is_said() {
    let call = |text: &str| checked(text).map(|call| call.reply);
    assert_eq!(
        call("marks = [\"a\", \"b\"]\nrubric = \"j\""),
        Ok(ReplyForm::Json)
    );
    assert_eq!(
        call("marks = [\"a\", \"c\"]\nrubric = \"j\""),
        Ok(ReplyForm::List)
    );
    assert_eq!(
        call("marks = [\"c\"]\nreply = \"label\"\nrubric = \"j\""),
        Ok(ReplyForm::Label)
    );
    let error = call("marks = [\"c\"]\nreply = \"json\"\nrubric = \"j\"").unwrap_err();
    assert!(error.contains("axis with parts"), "{error}");
    let error = call("marks = [\"a\"]\nrubric = \"j\"").unwrap_err();
    assert!(error.contains("marks 1 axis"), "{error}");
}

#[test]
fn what_a_judge_is_asked_for_has_a_mark_each() {
    let recode = |table: &str| {
        let text = format!("marks = [\"a\"]\nrubric = \"j\"\nrecode = {table}");
        checked(&text).map(|call| call.recode)
    };
    let d = |number| Decimal::whole(number);
    let binary = recode("{ 0 = 1, 1 = 5 }").unwrap();
    assert_eq!(
        binary.asked_on(MarkScale::FIVE_POINT),
        MarkScale::new(d(0), d(1), d(1)).unwrap()
    );
    assert_eq!(
        [0, 1, 2].map(|said| binary.mark(d(said))),
        [Some(d(1)), Some(d(5)), None]
    );
    for (table, told) in [
        ("{ 0 = 1, 1 = 6 }", "1 becomes 6"),
        ("{ 0 = 1, 1 = 3, 3 = 5 }", "equal distances"),
        ("{ 0 = 1 }", "at least two numbers"),
        ("{ no = 1, yes = 5 }", "recode of"),
    ] {
        let error = recode(table).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn parts_have_names_and_a_rule() {
    for (scale, told) in [
        (
            "{ parts = [\"x\"], lo = 1, hi = 5, take = \"min\" }",
            "2 to 8",
        ),
        (
            "{ parts = [\"x\", \"x\"], lo = 1, hi = 5, take = \"min\" }",
            "2 to 8",
        ),
        (
            "{ parts = [\"x\", \"y\"], lo = 1, hi = 5 }",
            "without `take`",
        ),
        ("{ lo = 1, hi = 5, take = \"min\" }", "2 to 8"),
    ] {
        let error = declare(&[axis("c", &[SightPart::Output], scale)], &[], &["one"]).unwrap_err();
        assert!(format!("{error:?}").contains(told), "{error:?}");
    }
    let whole = axis(
        "c",
        &[SightPart::Output],
        "{ parts = [\"x\", \"y\"], lo = 0, hi = 10, take = \"min\" }",
    );
    let declared = declare(std::slice::from_ref(&whole), &[], &["one"]).unwrap();
    assert_eq!(WireAxis::of(declared.axes[0]), whole);
    assert_eq!(declared.axes[0].parts().unwrap().take.of([7, 9]), Some(7));
}

#[test]
fn a_call_may_name_the_parser_of_its_authors() {
    let parser = |text: &str| {
        let text = format!("rubric = \"j\"\n{text}");
        checked(&text).map(|call| call.parser)
    };
    let min = "parser = \"compat-min-of-present\"";
    assert_eq!(
        parser(&format!("marks = [\"c\"]\n{min}")),
        Ok(Parser::CompatMinOfPresent)
    );
    assert_eq!(
        parser("marks = [\"a\"]\nparser = \"compat-skip-item\""),
        Ok(Parser::CompatSkipItem)
    );
    assert_eq!(parser("marks = [\"a\", \"b\"]"), Ok(Parser::Strict));
    for text in [
        format!("marks = [\"a\"]\n{min}"),
        format!("marks = [\"a\"]\nreply = \"list\"\n{min}"),
        format!("marks = [\"a\", \"c\"]\n{min}"),
        format!("marks = [\"c\"]\nreply = \"label\"\n{min}"),
    ] {
        let error = parser(&text).unwrap_err();
        assert!(
            error.contains("marks one axis, whose marks have parts"),
            "{error}"
        );
    }
    for guess in ["random", "first-digit", "compat-guess", ""] {
        let text = format!("marks = [\"a\"]\nrubric = \"j\"\nparser = \"{guess}\"");
        let error = toml::from_str::<WireCall>(&text).unwrap_err().to_string();
        assert!(error.contains("compat-skip-item"), "{error}");
    }
}

#[test]
fn a_call_after_others_that_mark_all_of_its_axes_is_never_made() {
    let calls: Vec<Call> = [
        "marks = [\"a\", \"b\"]\nrubric = \"j\"",
        "marks = [\"b\"]\nsees = [\"output\"]\nrubric = \"k\"",
        "marks = [\"b\", \"d\"]\nrubric = \"l\"",
    ]
    .map(|text| checked(text).unwrap())
    .into();
    let idle: Vec<&str> = never_made(&calls)
        .iter()
        .map(|call| &*call.rubric)
        .collect();
    assert_eq!(idle, ["k"]);
}

#[test]
fn a_call_may_arrange_its_pictures() {
    let call = |text: &str| checked(&format!("marks = [\"d\"]\nrubric = \"j\"\n{text}"));
    let told = |text: &str| {
        let call = call(text).unwrap();
        let order = call.pictures.order(false);
        let shown = order.into_iter().filter(|part| call.sees.has(*part));
        let shown: Vec<&str> = shown.map(SightPart::key).collect();
        (
            shown.join(" "),
            call.pictures.told(|part| call.sees.has(part)),
        )
    };
    assert_eq!(
        told("images = [\"output\", \"inputs\"]"),
        (
            "output inputs".to_owned(),
            Some("output, inputs; labels between".to_owned())
        )
    );
    assert_eq!(
        told("labels = \"none\""),
        (
            "inputs output reference-image".to_owned(),
            Some("inputs, output, reference-image; labels none".to_owned())
        )
    );
    assert_eq!(told("sees = [\"output\", \"inputs\"]").1, None);
    // What is not listed is not shown.
    let narrow = call("images = [\"output\"]").unwrap();
    assert_eq!(
        narrow.sees,
        Sight::of(&[SightPart::Instruction, SightPart::Output])
    );
    for (text, found) in [
        (
            "images = [\"instruction\"]",
            "instruction, which is not a picture",
        ),
        ("images = [\"output\", \"output\"]", "output twice"),
        (
            "sees = [\"output\"]\nimages = [\"output\", \"inputs\"]",
            "inputs, which the call does not show",
        ),
        (
            "sees = [\"output\", \"inputs\"]\nimages = [\"output\"]",
            "sees inputs, which images does not list",
        ),
    ] {
        let error = call(text).unwrap_err();
        assert!(error.contains(found), "{error}");
    }
    let hidden = checked("marks = [\"b\"]\nrubric = \"j\"\nimages = [\"output\", \"inputs\"]");
    assert!(
        hidden
            .unwrap_err()
            .contains("inputs, which the call does not show")
    );
    for wrong in [
        "labels = \"after\"",
        "labels = true",
        "images = \"output\"",
        "images = [\"target\"]",
    ] {
        let text = format!("marks = [\"d\"]\nrubric = \"j\"\n{wrong}");
        assert!(toml::from_str::<WireCall>(&text).is_err(), "{wrong}");
    }
}
