use super::*;

#[test]
fn absent_values_are_marked_and_keep_their_place() {
    let column = Column::utf8("name", [Some("a"), None, Some("cd")]).unwrap();
    assert_eq!(column.valid, Some(vec![true, false, true]));
    assert_eq!(column.values, Values::Utf8 { offsets: vec![0, 1, 1, 3], text: "acd".into() });
    assert_eq!(column.cell(1), Some(Cell::Null));
    assert_eq!(column.cell(2), Some(Cell::Text("cd")));
    assert_eq!(column.cell(3), None);
}

#[test]
fn decimals_take_the_scale_of_the_column() {
    let values = ["3853.69", "-0.005", "12"].map(|text| text.parse::<Decimal>().unwrap());
    let column = Column::decimal("usd", 2, values).unwrap();
    assert_eq!(column.values, Values::Decimal { units: vec![385_369, 0, 1_200], precision: 38, scale: 2 });
    assert_eq!(column.cell(0).unwrap().to_string(), "3853.69");
    assert!(matches!(Column::decimal("usd", 10, [Decimal::MAX]), Err(Error::Digits { .. })));
}

#[test]
fn unequal_or_repeated_columns_are_refused() {
    let one = Column::int64("a", [1]);
    let two = Column::int64("b", [1, 2]);
    assert!(matches!(Table::new(vec![one.clone(), two]), Err(Error::Length { found: 2, .. })));
    assert_eq!(Table::new(vec![one.clone(), one]), Err(Error::Duplicate("a".into())));
}

#[test]
fn decimals_become_the_nearest_floats() {
    let texts =
        ["3853.69", "-0.01", "0.1", "0", "123456789012345.6789012345", "-99999999999999999.9999999999"];
    let values = texts.map(|text| Some(text.parse::<Decimal>().unwrap()));
    let table = Table::new(vec![
        Column::decimal("usd", 10, values.into_iter().chain([None])).unwrap(),
        Column::int64("n", 0..7),
    ])
    .unwrap();
    let floats = table.with_floats();
    assert_eq!(floats.column("n"), table.column("n"));
    let usd = floats.column("usd").unwrap();
    let expected: Vec<f64> = texts.iter().map(|text| text.parse().unwrap()).chain([0.0]).collect();
    assert_eq!(usd.values, Values::Float64(expected));
    assert_eq!(usd.valid, Some([vec![true; 6], vec![false]].concat()));
}

#[test]
fn zero_has_no_sign() {
    let Values::Float64(values) = Column::float64("f", [-0.0, 0.0, -1.0]).values else { panic!() };
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&values), bits(&[0.0, 0.0, -1.0]));
    let rounded = Column::decimal("d", 2, [-Decimal::ZERO, Decimal::new(-1, 3)]).unwrap();
    assert_eq!([0, 1].map(|row| rounded.cell(row).unwrap().to_string()), ["0.00", "0.00"]);
}

#[test]
fn text_has_no_more_zeros_than_the_longest_decimal_needs() {
    let column = |scale, values: &[&str]| {
        let values: Vec<Decimal> = values.iter().map(|text| text.parse().unwrap()).collect();
        Column::decimal("d", scale, values).unwrap().texts()
    };
    assert_eq!(column(10, &["7300", "0"]), ["7300.00", "0.00"]);
    assert_eq!(column(10, &["7300", "-0.045"]), ["7300.000", "-0.045"]);
    assert_eq!(column(1, &["5"]), ["5.0"]);
    assert_eq!(column(0, &["50"]), ["50"]);
    let absent = Column::decimal("d", 4, [Some(Decimal::ONE), None]).unwrap();
    assert_eq!(absent.texts(), ["1.00", ""]);
}

#[test]
fn prints_aligned() {
    let table = Table::new(vec![
        Column::utf8("tier", ["fintech", "standard"]).unwrap(),
        Column::decimal("usd", 2, [Decimal::new(710, 1), Decimal::new(-657, 1)]).unwrap(),
    ])
    .unwrap();
    assert_eq!(table.to_string(), "tier         usd\n--------  ------\nfintech    71.00\nstandard  -65.70\n");
}
