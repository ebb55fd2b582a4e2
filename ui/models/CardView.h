#pragma once
// The card of a model in two parts, each made once for it: facts and classes; what its authors say about limits and use.
#include <QWidget>

#include "ui/models/model_facts.h"

class QVBoxLayout;

namespace phloxine::ui {

class CardView : public QWidget {
    Q_OBJECT
public:
    explicit CardView(const ModelFacts& facts, QWidget* parent = nullptr);

private:
    void addFacts(QVBoxLayout& column, const ModelFacts& facts);
    void addClasses(QVBoxLayout& column, const ModelCard& card);
};

class CardTexts : public QWidget {
    Q_OBJECT
public:
    explicit CardTexts(const ModelCard& card, QWidget* parent = nullptr);

private:
    void addText(QVBoxLayout& column, const QString& head, const std::string& text);
};

} // namespace phloxine::ui
