"""Every page by its name, with its view model."""

from typing import Any

from mobile.screens.account_tree.page import AccountTreePage
from mobile.screens.audit.page import AuditPage
from mobile.screens.bills.bill import BillPage
from mobile.screens.bills.lines import BillLinePage, BillLinesPage
from mobile.screens.buy.page import BuyPage
from mobile.screens.compare.page import Cause, CausePage, ComparePage
from mobile.screens.groups.group import GroupPage, PolicyPage
from mobile.screens.help.page import ArticlePage, HelpPage
from mobile.screens.home.page import HomePage
from mobile.screens.inbox.page import InboxPage
from mobile.screens.job.page import JobPage
from mobile.screens.jobs.page import JobsPage
from mobile.screens.members.page import MembersPage
from mobile.screens.money.page import MoneyPage
from mobile.screens.more.page import MorePage
from mobile.screens.otp.page import OtpPage
from mobile.screens.payment.page import PaymentPage
from mobile.screens.puk.page import Curtain
from mobile.screens.purchases.page import PurchasesPage
from mobile.screens.receipt.page import ReceiptPage
from mobile.screens.sessions.page import SessionsPage
from mobile.screens.set_password.page import SetPasswordPage
from mobile.screens.shell import Route
from mobile.screens.sign_in.page import SignInPage
from mobile.screens.sim_detail.page import SimDetailPage
from mobile.screens.sim_list.page import SimListPage
from mobile.screens.ticket.new import TicketDraft, TicketNewPage
from mobile.screens.ticket.page import AnswerPage, TicketPage
from mobile.screens.wallet.movement import MovementPage
from mobile.screens.wallet.movements import MovementsPage, StatementPage
from mobile.state.account_tree import AccountTree
from mobile.state.audit import Audit
from mobile.state.bills import Bill, BillLine, BillLines
from mobile.state.buying import Buying
from mobile.state.comparison import Comparison
from mobile.state.groups import Group, Policy
from mobile.state.help import Article, Help
from mobile.state.home import Home
from mobile.state.inbox import Inbox
from mobile.state.job import Job
from mobile.state.jobs import Jobs
from mobile.state.members import Members
from mobile.state.money import Money
from mobile.state.password import PasswordSetting
from mobile.state.payments import Payment
from mobile.state.purchases import Purchases
from mobile.state.receipt import Receipt
from mobile.state.services import Services
from mobile.state.sessions import Sessions
from mobile.state.sign_in import SignIn
from mobile.state.sim_detail import SimDetail
from mobile.state.sim_list import SimList
from mobile.state.ticket import TicketView
from mobile.state.wallet import Movement, Movements, Statement


def _handed_over(name: str) -> Any:
    """A page that goes on with the model of the page before it."""

    def model(_: Services, **parameters: Any) -> Any:
        return parameters[name]

    return model


ROUTES = {
    "sign_in": Route(SignIn, SignInPage),
    "otp": Route(_handed_over("model"), OtpPage),
    "set_password": Route(PasswordSetting, SetPasswordPage),
    "home": Route(Home, HomePage),
    "sims": Route(SimList, SimListPage),
    "money": Route(Money, MoneyPage),
    "inbox": Route(Inbox, InboxPage),
    "more": Route(Sessions, MorePage),
    "account_tree": Route(AccountTree, AccountTreePage),
    "sim_detail": Route(SimDetail, SimDetailPage),
    "puk": Route(_handed_over("reveal"), Curtain),
    "buy": Route(Buying, BuyPage),
    "job": Route(Job, JobPage),
    "jobs": Route(Jobs, JobsPage),
    "receipt": Route(Receipt, ReceiptPage),
    "purchases": Route(Purchases, PurchasesPage),
    "movements": Route(Movements, MovementsPage),
    "statement": Route(Statement, StatementPage),
    "movement": Route(Movement, MovementPage),
    "payment": Route(Payment, PaymentPage),
    "bill": Route(Bill, BillPage),
    "bill_lines": Route(BillLines, BillLinesPage),
    "bill_line": Route(BillLine, BillLinePage),
    "group": Route(Group, GroupPage),
    "policy": Route(Policy, PolicyPage),
    "compare": Route(Comparison, ComparePage),
    "cause": Route(Cause, CausePage),
    "ticket": Route(TicketView, TicketPage),
    "ticket_answer": Route(_handed_over("model"), AnswerPage),
    "help": Route(Help, HelpPage),
    "help_article": Route(Article, ArticlePage),
    "ticket_new": Route(TicketDraft, TicketNewPage),
    "sessions": Route(Sessions, SessionsPage),
    "members": Route(Members, MembersPage),
    "audit": Route(Audit, AuditPage),
}
