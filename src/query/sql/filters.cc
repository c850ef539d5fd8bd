#include "query/sql/filters.h"

#include <duckdb/planner/expression/bound_between_expression.hpp>
#include <duckdb/planner/expression/bound_comparison_expression.hpp>
#include <duckdb/planner/expression/bound_conjunction_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/planner/expression/bound_operator_expression.hpp>

#include "query/sql/types.h"

namespace magnetite::query::sql {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using model::CompareOp;

std::optional<CompareOp> compare_op(ExpressionType type) {
  switch (type) {
    case ExpressionType::COMPARE_EQUAL:
      return CompareOp::kEqual;
    case ExpressionType::COMPARE_NOTEQUAL:
      return CompareOp::kNotEqual;
    case ExpressionType::COMPARE_LESSTHAN:
      return CompareOp::kLess;
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      return CompareOp::kLessOrEqual;
    case ExpressionType::COMPARE_GREATERTHAN:
      return CompareOp::kGreater;
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return CompareOp::kGreaterOrEqual;
    default:
      return std::nullopt;
  }
}

CompareOp flipped(CompareOp op) {
  switch (op) {
    case CompareOp::kLess:
      return CompareOp::kGreater;
    case CompareOp::kLessOrEqual:
      return CompareOp::kGreaterOrEqual;
    case CompareOp::kGreater:
      return CompareOp::kLess;
    case CompareOp::kGreaterOrEqual:
      return CompareOp::kLessOrEqual;
    default:
      return op;
  }
}

void narrow_time(CompareOp op, int64_t time, model::TimeRange& range) {
  switch (op) {
    case CompareOp::kEqual:
      range = range.intersect({time, time});
      break;
    case CompareOp::kLess:
      range = time == INT64_MIN ? model::TimeRange::none() : range.intersect({INT64_MIN, time - 1});
      break;
    case CompareOp::kLessOrEqual:
      range = range.intersect({INT64_MIN, time});
      break;
    case CompareOp::kGreater:
      range = time == INT64_MAX ? model::TimeRange::none() : range.intersect({time + 1, INT64_MAX});
      break;
    case CompareOp::kGreaterOrEqual:
      range = range.intersect({time, INT64_MAX});
      break;
    case CompareOp::kNotEqual:
      break;
  }
}

Understood add_comparison(const schema::Column& column, CompareOp op, const Expression& constant,
                          model::Predicate& predicate) {
  if (constant.GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) return Understood::kOther;
  const auto literal = to_literal(constant.Cast<duckdb::BoundConstantExpression>().GetValue(), column.type);
  if (!literal) return Understood::kOther;
  if (column.type == model::ColumnType::kTime) {
    narrow_time(op, std::get<int64_t>(*literal), predicate.time);
    return op == CompareOp::kNotEqual ? Understood::kOther : Understood::kExactTime;
  }
  predicate.comparisons.push_back({column.id, op, *literal});
  return Understood::kOther;
}

Understood both(Understood left, Understood right) {
  return left == Understood::kExactTime ? right : Understood::kOther;
}

void add_membership(const Expression& expression, const ColumnOf& column_of, model::Predicate& predicate) {
  const auto& children = expression.Cast<duckdb::BoundOperatorExpression>().GetChildren();
  const schema::Column* column = column_of(*children[0]);
  if (column == nullptr || column->type != model::ColumnType::kTag) return;
  model::Membership membership{column->id, {}};
  for (size_t i = 1; i < children.size(); ++i) {
    if (children[i]->GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) return;
    const auto literal = to_literal(children[i]->Cast<duckdb::BoundConstantExpression>().GetValue(), column->type);
    if (literal) membership.values.push_back(std::get<std::string>(*literal));
  }
  predicate.memberships.push_back(std::move(membership));
}

}  // namespace

Understood add_condition(const Expression& expression, const ColumnOf& column_of, model::Predicate& predicate) {
  const ExpressionType type = expression.GetExpressionType();
  if (type == ExpressionType::CONJUNCTION_AND &&
      expression.GetExpressionClass() == ExpressionClass::BOUND_CONJUNCTION) {
    Understood understood = Understood::kExactTime;
    for (const auto& child : expression.Cast<duckdb::BoundConjunctionExpression>().GetChildren())
      understood = both(understood, add_condition(*child, column_of, predicate));
    return understood;
  }
  if (type == ExpressionType::COMPARE_IN && expression.GetExpressionClass() == ExpressionClass::BOUND_OPERATOR) {
    add_membership(expression, column_of, predicate);
    return Understood::kOther;
  }
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_FUNCTION) return Understood::kOther;
  const auto& function = expression.Cast<duckdb::BoundFunctionExpression>();
  if (type == ExpressionType::COMPARE_BETWEEN && duckdb::BoundBetweenExpression::HasValidBindData(function)) {
    const schema::Column* column = column_of(duckdb::BoundBetweenExpression::Input(function));
    if (column == nullptr) return Understood::kOther;
    const Understood lower =
        add_comparison(*column, *compare_op(duckdb::BoundBetweenExpression::LowerComparisonType(function)),
                       duckdb::BoundBetweenExpression::LowerBound(function), predicate);
    const Understood upper =
        add_comparison(*column, *compare_op(duckdb::BoundBetweenExpression::UpperComparisonType(function)),
                       duckdb::BoundBetweenExpression::UpperBound(function), predicate);
    return both(lower, upper);
  }
  const std::optional<CompareOp> op = compare_op(type);
  if (!op || !duckdb::BoundComparisonExpression::IsComparison(expression)) return Understood::kOther;
  const Expression& left = duckdb::BoundComparisonExpression::Left(function);
  const Expression& right = duckdb::BoundComparisonExpression::Right(function);
  if (const schema::Column* column = column_of(left)) return add_comparison(*column, *op, right, predicate);
  if (const schema::Column* other = column_of(right)) return add_comparison(*other, flipped(*op), left, predicate);
  return Understood::kOther;
}

}  // namespace magnetite::query::sql
