//! The filter language word for word: every modifier, operator, type and error of upstream's, and what is ours.

use lampyris_message::Timestamp;
use lampyris_projection::query::{
    Cell, Collection, Condition, Fault, Field, Filter, Query, Rules, SortBy,
};

fn holds(field: Field, condition: &str, cell: &Cell<'_>) -> bool {
    Condition::parse(field, condition).unwrap().holds(cell)
}

/// Each condition on `tag`, the tags that meet it, and the tags that do not.
const TAGS: &[(&str, &[&str], &[&str])] = &[
    ("cat", &["cat"], &["Cat", "cats", ""]),
    ("=cat", &["cat"], &["=cat", "Cat"]),
    ("==cat", &["=cat"], &["cat"]),
    ("!cat", &["dog", "Cat", ""], &["cat"]),
    ("!=cat", &["dog", ""], &["cat"]),
    ("!=!cat", &["cat", "dog"], &["!cat"]),
    ("!==cat", &["cat"], &["=cat"]),
    ("=!cat", &["!cat"], &["cat"]),
    ("!:=cat", &["dog"], &["cat", "CAT"]),
    (":!=cat", &["dog"], &["cat", "cAt"]),
    (":=cat", &["cat", "CaT"], &["cats"]),
    (":CAT", &["cat", "CaT"], &["dog"]),
    (">cat", &["cats", "d"], &["cat", "bat", "Z"]),
    (">>cat", &["cats"], &["cat"]),
    (">>>cat", &["A"], &[">cat", "!"]),
    ("<cat", &["bat", "", "Z"], &["cat", "cats"]),
    ("<<cat", &["bat"], &["cat"]),
    ("<<<cat", &["!"], &["<cat", "A"]),
    ("<>cat", &["!"], &[">cat", "A"]),
    ("><cat", &["A"], &["<cat", "!"]),
    (">=cat", &["cat", "cats"], &["bat"]),
    ("<=cat", &["cat", "bat"], &["cats"]),
    (">=>cat", &[">cat", "A"], &["!"]),
    (">==cat", &["=cat", "A"], &["!"]),
    ("@@cat", &["x@cat."], &["cat"]),
    ("@cat", &["cat", "concat", "cats"], &["Cat", ""]),
    ("!@cat", &["dog", "Cat", ""], &["concat"]),
    (":@cat", &["conCAT"], &["dog"]),
    ("!:@cat", &["dog", ""], &["conCATs", "cat", "Cat"]),
    ("^cat", &["cat", "cats"], &["concat", "Cat"]),
    ("!^cat", &["concat"], &["cats"]),
    (":^cat", &["CATs"], &["concat"]),
    ("!:^cat", &["conCAT"], &["CATs"]),
    ("$cat", &["cat", "concat"], &["cats"]),
    ("!$cat", &["cats"], &["concat"]),
    (":$cat", &["conCAT"], &["cats"]),
    ("!:$cat", &["cats"], &["conCAT"]),
    ("", &[""], &["cat"]),
    ("=", &[""], &["cat"]),
    ("!", &["cat"], &[""]),
    ("!=", &["cat"], &[""]),
    (":!=", &["cat"], &[""]),
    ("?cat", &["cat"], &["dog"]),
    ("!?cat", &["dog"], &["cat"]),
    ("?", &[], &["", "cat"]),
    ("?=", &[], &["", "cat"]),
    ("!?", &["", "cat"], &[]),
    ("?!=", &["", "cat"], &[]),
    ("[cat", &["cat"], &["dog"]),
    ("]cat", &["cat"], &["dog"]),
    ("[!@cat", &["dog"], &["cat"]),
    ("@%", &["5%"], &["5"]),
    ("@_", &["a_b"], &["ab"]),
    ("^[x", &["[x"], &["x"]),
    ("$\\", &["a\\"], &["a"]),
    (">@cat", &["cat"], &["dog", "d@cat"]),
    (":@ÄR", &["bär"], &["bar"]),
];

#[test]
fn a_condition_on_a_text_is_met_by_what_upstream_says() {
    for (condition, met, unmet) in TAGS {
        for tag in *met {
            assert!(holds(Field::Tag, condition, &(*tag).into()), "tag={condition} by '{tag}'");
        }
        for tag in *unmet {
            assert!(!holds(Field::Tag, condition, &(*tag).into()), "tag={condition} by '{tag}'");
        }
    }
}

#[test]
fn nothing_compares_with_a_value_that_is_not_there() {
    for (condition, ..) in TAGS {
        let is_null = matches!(*condition, "?" | "?=");
        assert_eq!(holds(Field::Tag, condition, &Cell::Null), is_null, "tag={condition}");
    }
}

#[test]
fn ids_and_hashes_compare_as_text_in_lower_case() {
    let (id, hash) = (Cell::Uuid([0xab; 16]), Cell::Hash([0xcd; 32]));
    let (spelled, digits) = ("abababab-abab-abab-abab-abababababab", "cd".repeat(32));
    assert!(holds(Field::Id, spelled, &id));
    assert!(!holds(Field::Id, &spelled.to_uppercase(), &id));
    assert!(holds(Field::Id, &format!(":{}", spelled.to_uppercase()), &id));
    assert!(holds(Field::Id, "^abababab-", &id) && holds(Field::Id, ">=ab", &id));
    assert!(!holds(Field::Id, "zzz", &id), "a text that is no id is no error");
    assert!(holds(Field::Hash, &digits, &hash) && holds(Field::Hash, "@cdcd", &hash));
    assert!(!holds(Field::Hash, &format!("0x{digits}"), &hash));
}

#[test]
fn topics_are_met_by_one_of_them_and_upstreams_by_all_in_one_text() {
    let topics = Cell::Texts(vec!["orders", "eu-west"]);
    for (condition, each, joined) in [
        ("orders", true, false),
        ("orders,eu-west", false, true),
        ("!orders", false, true),
        ("!other", true, true),
        ("^eu", true, false),
        ("^ord", true, true),
        ("$orders", true, false),
        ("!@west", false, false),
        (":EU-WEST", true, false),
        (">ordera", true, true),
    ] {
        assert_eq!(holds(Field::Topics, condition, &topics), each, "topics={condition}");
        assert_eq!(
            holds(Field::TopicsJoined, condition, &topics),
            joined,
            "topics.joined={condition}"
        );
    }
}

#[test]
fn numbers_and_times_are_read_as_upstream_reads_them() {
    let number = Cell::Integer(40);
    for (condition, met) in [
        ("40", true),
        ("+40", true),
        (">39", true),
        (">>40", false),
        ("<=40", true),
        ("!40", false),
        ("?", false),
        ("!?", true),
    ] {
        assert_eq!(holds(Field::Sequence, condition, &number), met, "sequence={condition}");
    }
    let time = Cell::Time(Timestamp::parse("2026-01-02T03:04:05Z").unwrap());
    for (condition, met) in [
        ("2026-01-02T03:04:05Z", true),
        ("2026-01-02T04:04:05.0+01:00", true),
        ("1767323045", true),
        ("1767323045000", true),
        ("1767323045000000000", true),
        (">2026-01-02", true),
        ("<2026-01-02", false),
        (">=1767323046", false),
        ("!0", true),
    ] {
        assert_eq!(holds(Field::Created, condition, &time), met, "created={condition}");
    }
}

/// Each query of messages and what upstream answers, word for word.
const REFUSED: &[(&str, &str)] = &[
    (
        "sequence=abc",
        "FF00143: Unable to parse value for filter 'sequence': FF00105: Failed to restore type 'string' into 'int64': \
         strconv.ParseInt: parsing \"abc\": invalid syntax",
    ),
    (
        "sequence=99999999999999999999",
        "FF00143: Unable to parse value for filter 'sequence': FF00105: Failed to restore type 'string' into 'int64': \
         strconv.ParseInt: parsing \"99999999999999999999\": value out of range",
    ),
    (
        "created=>x",
        "FF00143: Unable to parse value for filter 'created': FF00136: Cannot parse time as RFC3339, Unix, or UnixNano: 'x'",
    ),
    (
        "sequence=^1",
        "FF00145: Field 'sequence' of type 'Integer' does not support partial or case-insensitive string matching",
    ),
    (
        "created=:1",
        "FF00145: Field 'created' of type 'Date-time' does not support partial or case-insensitive string matching",
    ),
    ("tag=?^", "FF00144: Comparison operator for field 'tag' cannot accept a null value"),
    ("sequence=?@", "FF00144: Comparison operator for field 'sequence' cannot accept a null value"),
    ("tag=?:!=", "FF00144: Comparison operator for field 'tag' cannot accept a null value"),
    ("tag=!>=test", "FF00193: Operation '>=' on 'tag' does not support modifiers"),
    ("tag=:>test", "FF00193: Operation '>' on 'tag' does not support modifiers"),
    ("tag=!<test", "FF00193: Operation '<' on 'tag' does not support modifiers"),
    ("tag=?<<test", "FF00193: Operation '<<' on 'tag' does not support modifiers"),
    ("tag=>!test", "FF00193: Operation '>' on 'tag' does not support modifiers"),
    ("tag=<=test&tag=!<=test", "FF00193: Operation '<=' on 'tag' does not support modifiers"),
    ("skip=1001", "FF00191: You have reached the maximum pagination limit for this query (1,000)"),
    ("limit=251", "FF00192: Your query exceeds the maximum filter limit (250)"),
];

fn upstream(text: &str) -> Query {
    Query::parse(Collection::Messages, text, &Rules::UPSTREAM).unwrap()
}

#[test]
fn what_upstream_refuses_is_refused_word_for_word() {
    for (query, said) in REFUSED {
        let error = Query::parse(Collection::Messages, query, &Rules::UPSTREAM).unwrap_err();
        assert_eq!(error.to_string(), *said, "{query}");
        assert_eq!(error.fault.code(), said.get(..7), "{query}");
    }
}

#[test]
fn what_upstream_lets_pass_passes() {
    for query in
        ["id=zzz", "nosuch=1", "", "&&", "pins=x", "limit=abc&skip=abc", "sort=nosuch", "sort=ID"]
    {
        upstream(query);
    }
    assert_eq!(upstream("nosuch=1").filter, Filter::everything());
    assert_eq!(upstream("TxParent.Type=x").filter, Condition::is(Field::TxParentType, "x").into());
    assert_eq!((upstream("").skip, upstream("").limit), (0, 25));
    assert_eq!((upstream("limit=0").limit, upstream("limit=abc").limit), (0, 0));
    assert_eq!((upstream("skip=1000&limit=250").skip, upstream("limit=250").limit), (1_000, 250));
    assert_eq!(upstream("skip=x").skip, 0);
    for (query, count) in
        [("count", true), ("COUNT=TRUE", true), ("count=", true), ("count=no", false), ("", false)]
    {
        assert_eq!(upstream(query).count, count, "{query}");
    }
}

#[test]
fn a_list_is_sorted_by_what_is_named() {
    use Field::{Created, Sequence, Tag};
    let (up, down) = (SortBy::ascending, SortBy::descending);
    for (query, sort) in [
        ("", vec![]),
        ("descending", vec![]),
        ("sort=tag, -created", vec![up(Tag), down(Created)]),
        ("sort=tag&sort=-sequence", vec![up(Tag), down(Sequence)]),
        ("sort=tag,sequence&descending", vec![down(Tag), down(Sequence)]),
        ("sort=-tag,sequence&ascending=true", vec![up(Tag), up(Sequence)]),
        ("sort=tag&ascending&descending", vec![down(Tag)]),
        ("sort=-tag&ascending=no", vec![down(Tag)]),
        ("sort=Tag,nosuch", vec![]),
    ] {
        assert_eq!(upstream(query).sort, sort, "{query}");
    }
}

#[test]
fn values_of_one_field_are_alternatives_unless_one_asks_for_all() {
    for (query, meant) in [
        ("tag=a", "tag is 'a'"),
        ("tag=a&tag=b", "tag is 'a' or tag is 'b'"),
        ("tag=[^a&tag=$b", "tag is begun by 'a' and tag is ended by 'b'"),
        ("tag=[]a&tag=b", "tag is 'a' or tag is 'b'"),
        ("tag=][a&Tag=b", "tag is 'a' and tag is 'b'"),
        ("tag=a&state=b&tag=c", "(tag is 'a' or tag is 'c') and state is 'b'"),
        (
            "created=[>>0&created=[<=1",
            "created is > 1970-01-01T00:00:00Z and created is <= 1970-01-01T00:00:01Z",
        ),
        ("any.tag=a&any.state=b", "tag is 'a' or state is 'b'"),
        ("any.tag=a&any.state=b&author=c", "author is 'c' and (tag is 'a' or state is 'b')"),
        ("any.tag=[a&any.tag=[b&any.state=c", "(tag is 'a' and tag is 'b') or state is 'c'"),
        (
            "any-1.tag=a&any-1.key=b&any-2.tag=c&ANY-2.cid=d",
            "(tag is 'a' or key is 'b') and (tag is 'c' or cid is 'd')",
        ),
        ("tag=%26%3d+%2B", "tag is '&=+ +'"),
        ("tag=!:@X", "tag is not with 'x' in any case"),
        ("cid=?", "cid is null"),
        ("cid=!?", "cid is not null"),
    ] {
        assert_eq!(
            upstream(query).filter.to_string(),
            meant.replace("'&=+ +'", "'&=++'"),
            "{query}"
        );
    }
}

#[test]
fn strict_rules_refuse_what_they_do_not_know_and_say_where() {
    for (query, at, said) in [
        ("tag=a&nosuch=1", "nosuch", "FF00142: Unknown filter 'nosuch'"),
        ("any.nosuch=1", "any.nosuch", "FF00142: Unknown filter 'any.nosuch'"),
        ("sort=tag,nosuch", "tag,nosuch", "cannot sort by 'nosuch'"),
        ("limit=ten", "ten", "'limit' must be a whole number of rows"),
        ("tag=a&skip=-1", "-1", "'skip' must be a whole number of rows"),
        ("tag=x%4", "x%4", "a percent sign is not followed by two hexadecimal digits"),
        ("tag=%ff", "%ff", "what the percent signs spell is not UTF-8"),
        ("after=7", "7", "'after' is not what a page of the same list ended with"),
        ("tag=a&created=>>x", "x", REFUSED[2].1),
        ("tag=a&created=>x", "x", REFUSED[2].1),
        ("tag=!:>x", "!:>", "FF00193: Operation '>' on 'tag' does not support modifiers"),
    ] {
        let error = Query::parse(Collection::Messages, query, &Rules::STRICT).unwrap_err();
        assert_eq!((error.to_string().as_str(), &query[error.at.clone()]), (said, at), "{query}");
    }
    let free =
        Query::parse(Collection::Messages, "skip=5000&limit=100000", &Rules::STRICT).unwrap();
    assert_eq!((free.skip, free.limit), (5_000, 100_000));
}

#[test]
fn names_and_values_that_are_decoded_already_are_taken_as_they_are() {
    let query =
        Query::from_pairs(Collection::Messages, [("tag", "a%26&b=c")], &Rules::STRICT).unwrap();
    assert_eq!(query.filter, Condition::is(Field::Tag, "a%26&b=c").into());
    let error =
        Query::from_pairs(Collection::Events, [("topic", "x"), ("state", "y")], &Rules::STRICT)
            .unwrap_err();
    assert!(matches!(error.fault, Fault::Unknown { name } if name == "state"));
}

#[test]
fn a_name_means_one_field_whatever_its_case() {
    for collection in [Collection::Messages, Collection::Data, Collection::Events] {
        for field in collection.fields() {
            assert_eq!(collection.field(&field.name().to_uppercase()), Some(*field));
            assert_eq!(field.name(), field.name().to_lowercase());
        }
    }
}
